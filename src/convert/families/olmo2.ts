import {
  decoderChecks,
  decoderMetadata,
  decoderTensors,
  withKeyValueHeads,
  withModelPrefix,
} from './decoder.ts';
import { jointNormShapes, sharedHeadShapes } from './decoder-shapes.ts';
import type { Family, TensorRule } from './family.ts';
import { flags, integer, row } from './metadata-rows.ts';

const { 'model.layers.N.input_layernorm': _, ...withoutFirstNorm } = decoderTensors;

/** Norms behind both parts of a layer, and of the queries and keys of all heads together. */
const olmo2Tensors: Readonly<Record<string, TensorRule>> = {
  ...withoutFirstNorm,
  'model.layers.N.self_attn.q_norm': 'blk.N.attn_q_norm',
  'model.layers.N.self_attn.k_norm': 'blk.N.attn_k_norm',
  'model.layers.N.post_attention_layernorm': 'blk.N.post_attention_norm',
  'model.layers.N.post_feedforward_layernorm': 'blk.N.post_ffw_norm',
};

export const olmo2: Family = {
  names: ['Olmo2ForCausalLM'],
  architecture: 'olmo2',
  modelTypes: ['olmo2'],
  tokenizer: 'bpe',
  metadata: decoderMetadata,
  tensors: olmo2Tensors,
  shapes: { ...sharedHeadShapes, ...jointNormShapes },
  complete: withKeyValueHeads,
  rename: withModelPrefix,
  checks: decoderChecks(),
};

/** OLMo 2 with a window in most layers. The engine knows both under one name. */
export const olmo3: Family = {
  ...olmo2,
  names: ['Olmo3ForCausalLM'],
  modelTypes: ['olmo3'],
  metadata: [
    ...decoderMetadata,
    row('attention.sliding_window', ({ config }) => integer(config.integer('sliding_window'))),
    row('attention.sliding_window_pattern', ({ config, layers }) => {
      const types = config.optionalTexts('layer_types', layers);
      const isWindow = (layer: number) =>
        types ? types[layer] === 'sliding_attention' : (layer + 1) % 4 !== 0;
      return flags(Array.from({ length: layers }, (_value, layer) => isWindow(layer)));
    }),
  ],
};
