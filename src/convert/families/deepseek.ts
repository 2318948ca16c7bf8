import type { Config } from '../hugging-face/config.ts';
import type { TensorData } from '../tensors/tensor-data.ts';
import { activation, decoderMetadata, must, withKeyValueHeads } from './decoder.ts';
import { deepseekShapes } from './deepseek-shapes.ts';
import type { ConfigCheck, Family, TensorScope, TensorTarget } from './family.ts';
import { flag, float, integer, integerRow, numberRow, row } from './metadata-rows.ts';
import {
  predictingLayerTensors,
  sharedParts,
  unusedPredictingLayer,
  withPredictingLayer,
} from './predicting-layer.ts';
import { knownRopeType, ropeOf, yarnBounds } from './rope.ts';

/** Numbers of layers for which the engine expects queries that are not compressed. */
const litesByLayers: readonly number[] = [26, 27];
/** The same for 48 layers, if the vocabulary has this size. */
const LITE_VOCABULARY = 128_256;

const isDense = (config: Config, layer: number): boolean => layer < config.integer('first_k_dense_replace');
const hasExperts = (config: Config, layer: number): boolean => !isDense(config, layer);
const compressesQuery = (config: Config): boolean => config.has('q_lora_rank');

/** Layers before the experts begin. */
const dense = (to: string): TensorTarget => ({ to, when: isDense });
const sparse = (to: string): TensorTarget => ({ to, when: hasExperts });
const compressed = (to: string): TensorTarget => ({ to, when: compressesQuery });

/**
 * DeepSeek V2 and V3 with latent attention. The engine computes with the latent itself (one head of keys and values), for
 * which the matrix that expands it is split into one for keys, transposed, and one for values.
 */
const deepseek = {
  architecture: 'deepseek2',
  tokenizer: 'bpe',
  neededKeys: ['leading_dense_block_count', 'attention.kv_lora_rank', 'expert_feed_forward_length'],
  metadata: [
    ...decoderMetadata,
    row('attention.head_count_kv', () => integer(1)),
    integerRow('leading_dense_block_count', 'first_k_dense_replace'),
    integerRow('vocab_size', 'vocab_size'),
    integerRow('attention.q_lora_rank', 'q_lora_rank'),
    integerRow('attention.kv_lora_rank', 'kv_lora_rank'),
    row('attention.key_length', ({ config }) => integer(latent(config) + rotated(config))),
    row('attention.value_length', ({ config }) => integer(latent(config))),
    row('attention.key_length_mla', ({ config }) => integer(unrotated(config) + rotated(config))),
    row('attention.value_length_mla', ({ config }) => integer(valueSize(config))),
    integerRow('expert_feed_forward_length', 'moe_intermediate_size', 'intermediate_size'),
    integerRow('expert_count', 'n_routed_experts'),
    row('expert_shared_count', ({ config }) => integer(config.optionalInteger('n_shared_experts') ?? 0)),
    numberRow('expert_weights_scale', 'routed_scaling_factor'),
    row('expert_weights_norm', ({ config }) => (config.flag('norm_topk_prob') ? flag(true) : undefined)),
    integerRow('rope.dimension_count', 'qk_rope_head_dim'),
    row('rope.scaling.yarn_log_multiplier', ({ config }) => {
      const all = ropeOf(config).scaling?.optionalNumber('mscale_all_dim');
      return all === undefined ? undefined : float(0.1 * all);
    }),
    integerRow('nextn_predict_layers', 'predicting_layers'),
  ],
  tensors: {
    'model.embed_tokens': 'token_embd',
    'model.norm': 'output_norm',
    lm_head: 'output',
    'model.layers.N.input_layernorm': 'blk.N.attn_norm',
    'model.layers.N.self_attn.q_proj': { to: 'blk.N.attn_q', when: (config) => !compressesQuery(config) },
    'model.layers.N.self_attn.q_a_proj': compressed('blk.N.attn_q_a'),
    'model.layers.N.self_attn.q_a_layernorm': compressed('blk.N.attn_q_a_norm'),
    'model.layers.N.self_attn.q_b_proj': compressed('blk.N.attn_q_b'),
    'model.layers.N.self_attn.kv_a_proj_with_mqa': 'blk.N.attn_kv_a_mqa',
    'model.layers.N.self_attn.kv_a_layernorm': 'blk.N.attn_kv_a_norm',
    'model.layers.N.self_attn.kv_b_proj': [
      { to: 'blk.N.attn_k_b', data: keyExpansion },
      { to: 'blk.N.attn_v_b', data: valueExpansion },
    ],
    'model.layers.N.self_attn.o_proj': 'blk.N.attn_output',
    'model.layers.N.post_attention_layernorm': 'blk.N.ffn_norm',
    'model.layers.N.mlp.gate_proj': dense('blk.N.ffn_gate'),
    'model.layers.N.mlp.up_proj': dense('blk.N.ffn_up'),
    'model.layers.N.mlp.down_proj': dense('blk.N.ffn_down'),
    'model.layers.N.mlp.gate': sparse('blk.N.ffn_gate_inp'),
    'model.layers.N.mlp.gate.e_score_correction_bias': sparse('blk.N.exp_probs_b.bias'),
    'model.layers.N.mlp.shared_experts.gate_proj': sparse('blk.N.ffn_gate_shexp'),
    'model.layers.N.mlp.shared_experts.up_proj': sparse('blk.N.ffn_up_shexp'),
    'model.layers.N.mlp.shared_experts.down_proj': sparse('blk.N.ffn_down_shexp'),
    ...predictingLayerTensors,
  },
  optional: ['lm_head', 'model.layers.N.mlp.gate.e_score_correction_bias', ...sharedParts],
  experts: {
    from: 'model.layers.N.mlp.experts.E',
    to: {
      down_proj: 'blk.N.ffn_down_exps',
      gate_proj: 'blk.N.ffn_gate_exps',
      up_proj: 'blk.N.ffn_up_exps',
    },
    count: ['n_routed_experts'],
    when: hasExperts,
  },
  shapes: deepseekShapes,
  withTensors: withPredictingLayer,
  leaveOut: (name, config) =>
    name === 'lm_head.weight' && config.flag('tie_word_embeddings')
      ? 'the output weights, which are those of the embedding'
      : unusedPredictingLayer(name, config),
} satisfies Omit<Family, 'names' | 'modelTypes'>;

const checks: readonly ConfigCheck[] = [
  activation('hidden_act', 'silu'),
  must('attention_bias', false),
  must('moe_layer_freq', 1),
  knownRopeType,
  latentYarn,
  yarnBounds(),
  loadableQuery,
];

export const deepseekV2: Family = {
  ...deepseek,
  names: ['DeepseekV2ForCausalLM'],
  modelTypes: ['deepseek_v2'],
  complete: (config) => withHeadSize(withKeyValueHeads(config)),
  checks: [...checks, must('scoring_func', 'softmax'), must('norm_topk_prob', false), bestExpertGroups],
};

/** Its routers are sigmoids whether or not config.json says so; without the key the engine would use softmax. */
export const deepseekV3: Family = {
  ...deepseek,
  names: ['DeepseekV3ForCausalLM'],
  modelTypes: ['deepseek_v3'],
  complete: (config) => {
    const completed = withHeadSize(withKeyValueHeads(config));
    return completed.has('scoring_func') ? completed : completed.with({ scoring_func: 'sigmoid' });
  },
  checks: [
    ...checks,
    must('scoring_func', 'sigmoid'),
    must('topk_method', 'noaux_tc'),
    must('rope_interleave', true),
    enoughExperts,
  ],
};

/** Transformers gives the size of the rotated part under the name of the whole head. */
function withHeadSize(config: Config): Config {
  return config.with({ head_dim: rotated(config) });
}

const latent = (config: Config): number => config.integer('kv_lora_rank', { minimum: 1 });
const rotated = (config: Config): number => config.integer('qk_rope_head_dim', { minimum: 1 });
const unrotated = (config: Config): number => config.integer('qk_nope_head_dim', { minimum: 1 });
const valueSize = (config: Config): number => config.integer('v_head_dim', { minimum: 1 });

/** Rows of each head: first those that expand keys, then those that expand values. */
function expansionByHead(data: TensorData, { config }: TensorScope): TensorData {
  const heads = config.integer('num_key_value_heads', { minimum: 1 });
  const shape = [heads, unrotated(config) + valueSize(config), latent(config)];
  return { kind: 'reshape', shape, of: data };
}

function keyExpansion(data: TensorData, scope: TensorScope): TensorData {
  const of = expansionByHead(data, scope);
  const rows: TensorData = { kind: 'slice', axis: 1, start: 0, count: unrotated(scope.config), of };
  return { kind: 'transpose', axes: [0, 2, 1], of: rows };
}

function valueExpansion(data: TensorData, scope: TensorScope): TensorData {
  const { config } = scope;
  const of = expansionByHead(data, scope);
  return { kind: 'slice', axis: 1, start: unrotated(config), count: valueSize(config), of };
}

/** The engine tells by the number of layers whether queries are compressed. */
function loadableQuery(config: Config): ReturnType<ConfigCheck> {
  if (compressesQuery(config)) return undefined;
  const layers = config.integer('num_hidden_layers');
  if (litesByLayers.includes(layers) || (layers === 48 && config.value('vocab_size') === LITE_VOCABULARY)) {
    return undefined;
  }
  return `the engine cannot load a model without "q_lora_rank" in config.json that has ${layers} layers`;
}

/** DeepSeek V2 chooses groups of experts by their best expert, V3 and the engine by their best two. */
function bestExpertGroups(config: Config): ReturnType<ConfigCheck> {
  if ((config.optionalInteger('n_group') ?? 1) <= 1) return undefined;
  const method = config.optionalText('topk_method');
  return `"topk_method": "${method}" with "n_group": ${config.optionalInteger('n_group')} in config.json is not what the engine computes`;
}

/** The engine scales the scores as the published models do: by one value, given twice. */
function latentYarn(config: Config): ReturnType<ConfigCheck> {
  const { type, scaling } = ropeOf(config);
  if (type !== 'yarn' || !scaling) return undefined;
  const [scale, scaleOfAll] = [scaling.optionalNumber('mscale'), scaling.optionalNumber('mscale_all_dim')];
  const growth = scaling.optionalNumber(['attention_factor', 'attn_factor']) ?? 1;
  if (scale && scale === scaleOfAll && growth === 1) return undefined;
  return '"rope_scaling" in config.json is not what the engine computes for this architecture, unless "mscale" and "mscale_all_dim" are equal';
}

/** More experts for a token than its groups have: the engine would take them from other groups. */
function enoughExperts(config: Config): ReturnType<ConfigCheck> {
  const groups = config.optionalInteger('n_group') ?? 1;
  const used = config.optionalInteger('num_experts_per_tok') ?? 0;
  const available =
    (config.integer('n_routed_experts') / groups) * (config.optionalInteger('topk_group') ?? 1);
  if (groups <= 1 || available === 0 || used <= available) return undefined;
  return `"num_experts_per_tok": ${used} in config.json is more than the chosen groups have (${available})`;
}
