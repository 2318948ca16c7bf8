import {
  activation,
  decoderMetadata,
  decoderTensors,
  interleaveKey,
  interleaveQuery,
  queryKeyValue,
  withKeyValueHeads,
} from './decoder.ts';
import type { Family } from './family.ts';
import { integer, integerRow, row } from './metadata-rows.ts';
import { headSize, knownRopeType, llama3Frequencies } from './rope.ts';

export const llamaMetadata = [
  ...decoderMetadata,
  integerRow('vocab_size', 'vocab_size'),
  row('rope.dimension_count', ({ config }) => integer(headSize(config))),
];

export const llamaTensors = {
  ...decoderTensors,
  'model.layers.N.self_attn.q_proj': { to: 'blk.N.attn_q', data: interleaveQuery },
  'model.layers.N.self_attn.k_proj': { to: 'blk.N.attn_k', data: interleaveKey },
};

/** Llama 1 to 3, and the models with its layers under other names. */
export const llama: Family = {
  names: ['LlamaForCausalLM', 'LLaMAForCausalLM', 'LlamaModel'],
  architecture: 'llama',
  modelTypes: ['llama'],
  tokenizer: 'llama',
  metadata: llamaMetadata,
  tensors: llamaTensors,
  optional: ['lm_head'],
  biases: [
    { of: [...queryKeyValue, 'model.layers.N.self_attn.o_proj'], required: 'attention_bias' },
    {
      of: ['model.layers.N.mlp.gate_proj', 'model.layers.N.mlp.up_proj', 'model.layers.N.mlp.down_proj'],
      required: 'mlp_bias',
    },
  ],
  complete: (config) => {
    const completed = withKeyValueHeads(config);
    return completed.with({ head_dim: headSize(completed) });
  },
  rename: (name, config) => {
    const [architecture] = config.optionalTexts('architectures') ?? [];
    return architecture === 'LlamaModel' && name !== 'lm_head.weight' ? `model.${name}` : name;
  },
  extra: llama3Frequencies,
  checks: [activation('hidden_act', 'silu'), knownRopeType],
};
