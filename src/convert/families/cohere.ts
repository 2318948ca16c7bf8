import {
  decoderChecks,
  decoderMetadata,
  decoderTensors,
  fullEvery,
  must,
  withKeyValueHeads,
  withModelPrefix,
} from './decoder.ts';
import { ownNormShapes, sharedHeadShapes } from './decoder-shapes.ts';
import type { ConfigCheck, Family } from './family.ts';
import { float, integer, integerRow, row, text } from './metadata-rows.ts';
import { plainRope, sharedHeadSize } from './rope.ts';

/** From this many layers on, the engine normalizes queries and keys. */
const LAYERS_WITH_NORMS = 64;

const { lm_head: _head, 'model.layers.N.post_attention_layernorm': _norm, ...oneNorm } = decoderTensors;

const logitScale = row('logit_scale', ({ config }) => float(config.number('logit_scale')));
const withoutScaling = row('rope.scaling.type', () => text('none'));

const normsOfLarge: ConfigCheck = (config) => {
  const isLarge = config.integer('num_hidden_layers') >= LAYERS_WITH_NORMS;
  return must('use_qk_norm', isLarge)(config);
};

/** Command R: one norm for both parts of a layer, which are computed side by side. */
export const cohere: Family = {
  names: ['CohereForCausalLM'],
  architecture: 'command-r',
  modelTypes: ['cohere'],
  tokenizer: 'bpe',
  metadata: [
    ...decoderMetadata,
    // The length that the model was trained for, where config.json has both.
    integerRow('context_length', 'model_max_length', 'max_position_embeddings'),
    logitScale,
    withoutScaling,
  ],
  tensors: {
    ...oneNorm,
    'model.layers.N.self_attn.q_norm': {
      to: 'blk.N.attn_q_norm',
      when: (config) => config.flag('use_qk_norm'),
    },
    'model.layers.N.self_attn.k_norm': {
      to: 'blk.N.attn_k_norm',
      when: (config) => config.flag('use_qk_norm'),
    },
  },
  shapes: { ...sharedHeadShapes, ...ownNormShapes },
  complete: withKeyValueHeads,
  rename: withModelPrefix,
  checks: [...decoderChecks(), must('tie_word_embeddings', true), plainRope, normsOfLarge],
};

/** Command R7B: most layers see a window. */
export const cohere2: Family = {
  ...cohere,
  names: ['Cohere2ForCausalLM'],
  architecture: 'cohere2',
  modelTypes: ['cohere2'],
  metadata: [
    ...decoderMetadata,
    logitScale,
    row('attention.sliding_window', ({ config }) =>
      integer(config.integer('sliding_window', { minimum: 1 })),
    ),
    integerRow('vocab_size', 'vocab_size'),
    row('rope.dimension_count', ({ config }) => integer(sharedHeadSize(config))),
    withoutScaling,
  ],
  tensors: oneNorm,
  zeros: /\.bias$/,
  complete: (config) => {
    const completed = withKeyValueHeads(config);
    return completed.with({ head_dim: sharedHeadSize(completed) });
  },
  checks: [
    ...decoderChecks(),
    must('tie_word_embeddings', true),
    plainRope,
    must('rotary_pct', 1),
    must('sliding_window_pattern', 4),
    fullEvery(4),
  ],
};
