import {
  decoderChecks,
  decoderMetadata,
  decoderTensors,
  withKeyValueHeads,
  withModelPrefix,
} from './decoder.ts';
import { jointNormShapes, sharedHeadShapes } from './decoder-shapes.ts';
import type { Family, PlanScope, TensorRule } from './family.ts';
import { flags, integer } from './metadata-rows.ts';

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

/** Which layers see a window: all but every fourth one, unless config.json lists them. */
function windowLayers({ config, layers }: PlanScope): readonly boolean[] {
  const types = config.optionalTexts('layer_types', layers);
  const all = Array.from({ length: layers }, (_, layer) => layer);
  return all.map((layer) => (types ? types[layer] === 'sliding_attention' : (layer + 1) % 4 !== 0));
}

/** OLMo 2 with a window in most layers. The engine knows both under one name, and ends for a window in no layer. */
export const olmo3: Family = {
  ...olmo2,
  names: ['Olmo3ForCausalLM'],
  modelTypes: ['olmo3'],
  metadata: [
    ...decoderMetadata,
    (scope) => {
      const pattern = windowLayers(scope);
      if (!pattern.includes(true)) return undefined;
      return [
        ['attention.sliding_window', integer(scope.config.integer('sliding_window', { minimum: 1 }))],
        ['attention.sliding_window_pattern', flags(pattern)],
      ];
    },
  ],
};
