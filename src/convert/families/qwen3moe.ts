import { decoderChecks, decoderMetadata, must } from './decoder.ts';
import { expertShapes } from './decoder-shapes.ts';
import type { Family } from './family.ts';
import { integerRow } from './metadata-rows.ts';
import { qwen3 } from './qwen2.ts';
import { withoutFeedForward } from './without-feed-forward.ts';

/** Qwen 3 with experts in all layers. */
export const qwen3moe: Family = {
  ...qwen3,
  names: ['Qwen3MoeForCausalLM'],
  architecture: 'qwen3moe',
  modelTypes: ['qwen3_moe'],
  tokenizer: 'bpe',
  metadata: [
    ...decoderMetadata,
    integerRow('expert_feed_forward_length', 'moe_intermediate_size'),
    integerRow('expert_shared_feed_forward_length', 'shared_expert_intermediate_size'),
  ],
  tensors: { ...withoutFeedForward(qwen3.tensors), 'model.layers.N.mlp.gate': 'blk.N.ffn_gate_inp' },
  experts: {
    from: 'model.layers.N.mlp.experts.E',
    to: { down_proj: 'blk.N.ffn_down_exps', gate_proj: 'blk.N.ffn_gate_exps', up_proj: 'blk.N.ffn_up_exps' },
    count: ['num_local_experts', 'num_experts'],
  },
  shapes: { ...qwen3.shapes, ...expertShapes('moe_intermediate_size', 'num_local_experts', 'num_experts') },
  checks: [
    ...decoderChecks(),
    // The engine always divides the weights of the chosen experts by their sum.
    must('norm_topk_prob', true),
    must('decoder_sparse_step', 1),
    (config) =>
      (config.optionalNumbers('mlp_only_layers') ?? []).length === 0
        ? undefined
        : '"mlp_only_layers" in config.json names layers without experts, which the engine does not compute for this architecture',
  ],
};
