import type { Config } from '../hugging-face/config.ts';
import { activation, ignoresWindow, withKeyValueHeads } from './decoder.ts';
import { sharedHeadShapes } from './decoder-shapes.ts';
import type { ConfigCheck, ExtraTensor, Family, PlanScope } from './family.ts';
import { float, integer, integerRow, numberRow, row } from './metadata-rows.ts';
import { ropeOf, sharedHeadSize } from './rope.ts';

/** Kinds of scaling with a factor for each pair of a head; the first two are what Phi 3 first called the third. */
const factorTypes: readonly string[] = ['su', 'yarn', 'longrope'];

/**
 * Phi 3 to Phi 4 mini. Query, key and value stay one tensor, and so do gate and up. Phi 3 has a sliding window that the
 * engine does not compute; a window of 0 tells it that the model is Phi 4.
 */
export const phi3: Family = {
  names: ['Phi3ForCausalLM'],
  architecture: 'phi3',
  modelTypes: ['phi3'],
  tokenizer: 'phi3',
  earlyMetadata: [
    row('rope.scaling.attn_factor', ({ config }) => {
      const factors = ropeFactors(config);
      return factors && float(factors.attention);
    }),
  ],
  metadata: [
    integerRow('context_length', 'n_positions', 'max_position_embeddings'),
    row('rope.scaling.original_context_length', ({ config }) => integer(originalContext(config))),
    integerRow('embedding_length', 'hidden_size', 'n_embd'),
    integerRow('feed_forward_length', 'intermediate_size'),
    row('block_count', ({ layers }) => integer(layers)),
    integerRow('attention.head_count', 'num_attention_heads', 'n_head'),
    integerRow('attention.head_count_kv', 'num_key_value_heads', 'n_head_kv'),
    numberRow('attention.layer_norm_rms_epsilon', 'rms_norm_eps'),
    row('rope.dimension_count', ({ config }) => integer(rotatedSize(config))),
    row('rope.freq_base', ({ config }) => float(ropeOf(config).theta ?? 10_000)),
    row('general.file_type', ({ fileType }) => integer(fileType)),
    row('attention.sliding_window', ({ config }) => integer(config.optionalInteger('sliding_window') ?? 0)),
  ],
  tensors: {
    'model.embed_tokens': 'token_embd',
    'model.norm': 'output_norm',
    lm_head: 'output',
    'model.layers.N.input_layernorm': 'blk.N.attn_norm',
    'model.layers.N.self_attn.qkv_proj': 'blk.N.attn_qkv',
    'model.layers.N.self_attn.o_proj': 'blk.N.attn_output',
    'model.layers.N.post_attention_layernorm': 'blk.N.ffn_norm',
    'model.layers.N.mlp.gate_up_proj': 'blk.N.ffn_up',
    'model.layers.N.mlp.down_proj': 'blk.N.ffn_down',
  },
  optional: ['lm_head'],
  shapes: {
    ...sharedHeadShapes,
    'blk.N.attn_qkv': (config) => {
      const keys = config.integer('num_key_value_heads') * sharedHeadSize(config);
      return [config.integer('hidden_size') + 2 * keys, config.integer('hidden_size')];
    },
    'blk.N.ffn_up': (config) => [2 * config.integer('intermediate_size'), config.integer('hidden_size')],
  },
  complete: withKeyValueHeads,
  extra: ropeTensors,
  checks: [activation('hidden_act', 'silu'), knownScaling],
  warnings: [ignoresWindow],
};

interface RopeFactors {
  readonly long: readonly number[];
  readonly short: readonly number[];
  /** What the attention is multiplied by, because of the longer context. */
  readonly attention: number;
}

/** Sources: Phi 3's `_compute_longrope_parameters` in transformers, and llama.cpp's converter. */
function ropeFactors(config: Config): RopeFactors | undefined {
  const { type, scaling } = ropeOf(config);
  if (!scaling || type === undefined || !factorTypes.includes(type)) return undefined;
  const count = rotatedSize(config) / 2;
  const long = scaling.optionalNumbers('long_factor', count);
  const short = scaling.optionalNumbers('short_factor', count);
  if (!long || !short) throw config.error('rope_scaling', 'an object with "long_factor" and "short_factor"');
  const original = originalContext(config);
  const growth = config.integer(['max_position_embeddings', 'n_positions']) / original;
  const attention = growth > 1 ? Math.sqrt(1 + Math.log(growth) / Math.log(original)) : 1;
  return { long, short, attention };
}

function ropeTensors({ config }: PlanScope): readonly ExtraTensor[] {
  const factors = ropeFactors(config);
  if (!factors) return [];
  const { long, short } = factors;
  return [
    { name: 'rope_factors_long.weight', data: { kind: 'values', shape: [long.length], values: long } },
    { name: 'rope_factors_short.weight', data: { kind: 'values', shape: [short.length], values: short } },
  ];
}

/** Tokens for which the model was trained at first; more than 1, because its logarithm divides. */
function originalContext(config: Config): number {
  const context = ropeOf(config).originalContext;
  if (context !== undefined && context > 1) return context;
  throw config.error('original_max_position_embeddings', 'an integer of at least 2');
}

/** Values of a head that rotate. */
function rotatedSize(config: Config): number {
  const part = ropeOf(config).partialFactor ?? 1;
  const heads = config.integer('num_attention_heads', { minimum: 1 });
  return Math.floor(Math.trunc(part * config.integer('hidden_size')) / heads);
}

function knownScaling(config: Config): ReturnType<ConfigCheck> {
  const { type } = ropeOf(config);
  if (type === undefined || type === 'default' || factorTypes.includes(type)) return undefined;
  return `the rope type "${type}" in config.json is not known for this architecture`;
}
