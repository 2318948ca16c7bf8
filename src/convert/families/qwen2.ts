import {
  decoderChecks,
  decoderMetadata,
  decoderTensors,
  ignoresWindow,
  queryKeyValue,
  withKeyValueHeads,
  withModelPrefix,
} from './decoder.ts';
import { decoderShapes, headNormShapes, sharedHeadShapes } from './decoder-shapes.ts';
import type { ConfigCheck, Family } from './family.ts';
import { poolingRow } from './metadata-rows.ts';

/** Only models that say that they use it have a window. */
const ignoresUsedWindow: ConfigCheck = (config) =>
  config.flag('use_sliding_window') ? ignoresWindow(config) : undefined;

/** Qwen 2 and 2.5, and the models that embed texts made from them. */
export const qwen2: Family = {
  names: ['Qwen2ForCausalLM', 'Qwen2Model'],
  architecture: 'qwen2',
  modelTypes: ['qwen2'],
  tokenizer: 'sentence-piece-or-bpe',
  embeds: 'when-stated',
  metadata: [...decoderMetadata, poolingRow],
  tensors: decoderTensors,
  optional: ['lm_head'],
  shapes: sharedHeadShapes,
  biases: [{ of: queryKeyValue, required: true }],
  complete: withKeyValueHeads,
  rename: withModelPrefix,
  checks: decoderChecks(),
  warnings: [ignoresUsedWindow],
};

export const qwen3: Family = {
  ...qwen2,
  names: ['Qwen3ForCausalLM', 'Qwen3Model'],
  architecture: 'qwen3',
  modelTypes: ['qwen3'],
  tensors: {
    ...decoderTensors,
    'model.layers.N.self_attn.q_norm': 'blk.N.attn_q_norm',
    'model.layers.N.self_attn.k_norm': 'blk.N.attn_k_norm',
  },
  shapes: { ...decoderShapes, ...headNormShapes },
  biases: [],
};
