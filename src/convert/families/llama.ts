import type { Config } from '../hugging-face/config.ts';
import {
  decoderChecks,
  decoderMetadata,
  decoderTensors,
  ignoresWindow,
  interleaveKey,
  interleaveQuery,
  queryKeyValue,
  withKeyValueHeads,
  withModelPrefix,
} from './decoder.ts';
import { decoderShapes, expertShapes } from './decoder-shapes.ts';
import type { Family, TensorRule } from './family.ts';
import { integer, integerRow, row } from './metadata-rows.ts';
import { headSize, llama3Frequencies, sharedHeadSize } from './rope.ts';
import { withoutFeedForward } from './without-feed-forward.ts';

export const llamaMetadata = [
  ...decoderMetadata,
  integerRow('vocab_size', 'vocab_size'),
  row('rope.dimension_count', ({ config }) => integer(headSize(config))),
];

const llamaTensors: Readonly<Record<string, TensorRule>> = {
  ...decoderTensors,
  'model.layers.N.self_attn.q_proj': { to: 'blk.N.attn_q', data: interleaveQuery },
  'model.layers.N.self_attn.k_proj': { to: 'blk.N.attn_k', data: interleaveKey },
};

const llamaBiases = [
  { of: [...queryKeyValue, 'model.layers.N.self_attn.o_proj'], required: 'attention_bias' },
  {
    of: ['model.layers.N.mlp.gate_proj', 'model.layers.N.mlp.up_proj', 'model.layers.N.mlp.down_proj'],
    required: 'mlp_bias',
  },
];

/** Llama 1 to 3, and other models with their layers. */
export const llama: Family = {
  names: ['LlamaForCausalLM', 'LLaMAForCausalLM', 'LlamaModel'],
  architecture: 'llama',
  modelTypes: ['llama'],
  tokenizer: 'llama',
  metadata: llamaMetadata,
  tensors: llamaTensors,
  optional: ['lm_head'],
  biases: llamaBiases,
  shapes: decoderShapes,
  complete: (config) => withHeadSize(withKeyValueHeads(config)),
  rename: withModelPrefix,
  extra: llama3Frequencies,
  checks: decoderChecks('llama3'),
};

export const mistral: Family = {
  ...llama,
  names: ['MistralForCausalLM'],
  modelTypes: ['mistral'],
  biases: [],
  complete: withKeyValueHeads,
  warnings: [ignoresWindow],
};

export const mixtral: Family = {
  ...mistral,
  names: ['MixtralForCausalLM'],
  modelTypes: ['mixtral'],
  tensors: {
    ...withoutFeedForward(llamaTensors),
    'model.layers.N.block_sparse_moe.gate': 'blk.N.ffn_gate_inp',
  },
  experts: {
    from: 'model.layers.N.block_sparse_moe.experts.E',
    to: { w1: 'blk.N.ffn_gate_exps', w2: 'blk.N.ffn_down_exps', w3: 'blk.N.ffn_up_exps' },
    count: ['num_local_experts'],
  },
  shapes: { ...decoderShapes, ...expertShapes('intermediate_size', 'num_local_experts') },
};

/** The class computes it, so that the keys of its length are always written. */
function withHeadSize(config: Config): Config {
  return config.has('head_dim') ? config : config.with({ head_dim: sharedHeadSize(config) });
}
