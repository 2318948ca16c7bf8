import type { Config } from '../hugging-face/config.ts';
import type { TensorData } from '../tensors/tensor-data.ts';
import {
  activation,
  decoderMetadata,
  decoderTensors,
  fullEvery,
  must,
  withKeyValueHeads,
  withModelPrefix,
} from './decoder.ts';
import { decoderShapes, headNormShapes } from './decoder-shapes.ts';
import type { ConfigCheck, Family, MetadataRow, TensorRule, TensorScope } from './family.ts';
import { float, integer, integerRow, numberRow, row } from './metadata-rows.ts';
import { ropeOf, ropeTypes, yarnOfPaper } from './rope.ts';

/** Gemma multiplies by 1 + weight where the engine multiplies by the weight. */
function addOne(data: TensorData): TensorData {
  return { kind: 'affine', factor: 1, offset: 1, of: data };
}

const { lm_head: _, ...decoderWithoutHead } = decoderTensors;

const gemmaTensors: Readonly<Record<string, TensorRule>> = {
  ...decoderWithoutHead,
  'model.norm': { to: 'output_norm', data: addOne },
  'model.layers.N.input_layernorm': { to: 'blk.N.attn_norm', data: addOne },
  'model.layers.N.post_attention_layernorm': { to: 'blk.N.ffn_norm', data: addOne },
};

/** Shorter than that of other families: neither rope nor type of attention. */
const gemmaMetadata: readonly MetadataRow[] = [
  integerRow('context_length', 'max_position_embeddings'),
  integerRow('embedding_length', 'hidden_size'),
  row('block_count', ({ layers }) => integer(layers)),
  integerRow('feed_forward_length', 'intermediate_size'),
  integerRow('attention.head_count', 'num_attention_heads'),
  integerRow('attention.head_count_kv', 'num_key_value_heads'),
  numberRow('attention.layer_norm_rms_epsilon', 'rms_norm_eps'),
  integerRow('attention.key_length', 'head_dim'),
  integerRow('attention.value_length', 'head_dim'),
  row('general.file_type', ({ fileType }) => integer(fileType)),
];

/** Base of the rope where a file does not state it. */
const ENGINE_THETA = 10_000;

/** The engine uses Google's own value, which is this function whatever the older name in config.json says. */
const gelu = ['gelu_pytorch_tanh', 'gelu'];

/** Some tools write the head out although it is the embedding. */
function leaveOutHead(name: string): string | undefined {
  return name === 'lm_head.weight' ? 'the output head, which is the embedding' : undefined;
}

/** The rope is written to no key, so that the engine's own values hold. */
const unwrittenRope: ConfigCheck = (config) => {
  const { type = 'default', theta = ENGINE_THETA } = ropeOf(config);
  if (type === 'default' && theta === ENGINE_THETA) return undefined;
  return `a rope of type "${type}" with "rope_theta": ${theta} in config.json is not what the engine computes for this architecture`;
};

export const gemma: Family = {
  names: ['GemmaForCausalLM'],
  architecture: 'gemma',
  modelTypes: ['gemma'],
  tokenizer: 'gemma',
  metadata: gemmaMetadata,
  tensors: gemmaTensors,
  shapes: decoderShapes,
  complete: withKeyValueHeads,
  rename: withModelPrefix,
  leaveOut: leaveOutHead,
  checks: [
    activation('hidden_act', ...gelu),
    activation('hidden_activation', ...gelu),
    must('tie_word_embeddings', true),
    unwrittenRope,
  ],
};

/** Norms before and after both parts of a layer. */
const sandwichTensors: Readonly<Record<string, TensorRule>> = {
  ...gemmaTensors,
  'model.layers.N.post_attention_layernorm': { to: 'blk.N.post_attention_norm', data: addOne },
  'model.layers.N.pre_feedforward_layernorm': { to: 'blk.N.ffn_norm', data: addOne },
  'model.layers.N.post_feedforward_layernorm': { to: 'blk.N.post_ffw_norm', data: addOne },
};

/** What the engine divides scores by, squared: the size of a head, or its share of the hidden size in the largest model. */
function queryScale(layersOfLargest: number): ConfigCheck {
  return (config) => {
    const stated = config.optionalNumber('query_pre_attn_scalar');
    if (stated === undefined) return undefined;
    const isLargest = config.optionalInteger('num_hidden_layers') === layersOfLargest;
    const shared = Math.floor(
      config.integer('hidden_size') / config.integer('num_attention_heads', { minimum: 1 }),
    );
    const assumed = isLargest ? shared : config.integer('head_dim');
    if (stated === assumed) return undefined;
    return `"query_pre_attn_scalar": ${stated} in config.json is not what the engine computes for this architecture (${assumed})`;
  };
}

export const gemma2: Family = {
  ...gemma,
  names: ['Gemma2ForCausalLM'],
  architecture: 'gemma2',
  modelTypes: ['gemma2'],
  tokenizer: 'gemma2',
  metadata: [
    ...gemmaMetadata,
    row('attn_logit_softcapping', ({ config }) => float(config.number('attn_logit_softcapping'))),
    row('final_logit_softcapping', ({ config }) => float(config.number('final_logit_softcapping'))),
    row('attention.sliding_window', ({ config }) =>
      integer(config.integer('sliding_window', { minimum: 1 })),
    ),
  ],
  tensors: sandwichTensors,
  checks: [...(gemma.checks ?? []), fullEvery(2), queryScale(46)],
};

/** Rows of the embedding beyond the vocabulary are no tokens. */
function withinVocabulary(data: TensorData, { tokenCount, shape }: TensorScope): TensorData {
  if ((shape[0] ?? 0) <= tokenCount) return data;
  return { kind: 'slice', axis: 0, start: 0, count: tokenCount, of: data };
}

function hasWindow(config: Config): boolean {
  return config.value('sliding_window_pattern') !== 1;
}

/** Text only: pictures need a second file. */
export const gemma3: Family = {
  ...gemma,
  names: ['Gemma3ForCausalLM', 'Gemma3ForConditionalGeneration'],
  architecture: 'gemma3',
  modelTypes: ['gemma3_text'],
  tokenizer: 'gemma3',
  metadata: [
    ...decoderMetadata,
    row('final_logit_softcapping', ({ config }) => {
      const value = config.optionalNumber('final_logit_softcapping') ?? 0;
      return value === 0 ? undefined : float(value);
    }),
    row('attention.sliding_window', ({ config }) =>
      hasWindow(config) ? integer(config.integer('sliding_window', { minimum: 1 })) : undefined,
    ),
  ],
  tensors: {
    ...sandwichTensors,
    lm_head: 'output',
    'model.embed_tokens': { to: 'token_embd', data: withinVocabulary },
    'model.layers.N.self_attn.q_norm': { to: 'blk.N.attn_q_norm', data: addOne },
    'model.layers.N.self_attn.k_norm': { to: 'blk.N.attn_k_norm', data: addOne },
  },
  optional: ['lm_head'],
  shapes: { ...decoderShapes, ...headNormShapes },
  rename: (name) => withModelPrefix(name.replace('language_model.', '')),
  leaveOut: (name) =>
    /(?:^|\.)(?:vision_tower|multi_modal_projector)\./.test(name) ? 'the part that sees pictures' : undefined,
  checks: [
    activation('hidden_activation', ...gelu),
    ropeTypes(),
    yarnOfPaper,
    must('use_bidirectional_attention', false),
    must('attn_logit_softcapping', 0),
    must('sliding_window_pattern', 6, 1),
    (config) => (hasWindow(config) ? fullEvery(6)(config) : undefined),
    queryScale(62),
  ],
};
