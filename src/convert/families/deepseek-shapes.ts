import type { Config } from '../hugging-face/config.ts';
import { decoderShapes, expertShapes } from './decoder-shapes.ts';
import type { ShapeTable } from './family.ts';

const hidden = (config: Config): number => config.integer('hidden_size');
const heads = (config: Config): number => config.integer('num_attention_heads');
const queryRank = (config: Config): number => config.integer('q_lora_rank');
const latent = (config: Config): number => config.integer('kv_lora_rank');
const rotated = (config: Config): number => config.integer('qk_rope_head_dim');
const unrotated = (config: Config): number => config.integer('qk_nope_head_dim');
const valueSize = (config: Config): number => config.integer('v_head_dim');
const shared = (config: Config): number =>
  config.integer('moe_intermediate_size') * config.integer('n_shared_experts');

const queries = (config: Config): number => heads(config) * (unrotated(config) + rotated(config));

/** Shapes of latent attention and of the experts, in Hugging Face's order. */
export const deepseekShapes: ShapeTable = {
  ...decoderShapes,
  ...expertShapes('moe_intermediate_size', 'n_routed_experts'),
  'blk.N.attn_q': (config) => [queries(config), hidden(config)],
  'blk.N.attn_q_a': (config) => [queryRank(config), hidden(config)],
  'blk.N.attn_q_a_norm': (config) => [queryRank(config)],
  'blk.N.attn_q_b': (config) => [queries(config), queryRank(config)],
  'blk.N.attn_kv_a_mqa': (config) => [latent(config) + rotated(config), hidden(config)],
  'blk.N.attn_kv_a_norm': (config) => [latent(config)],
  'blk.N.attn_k_b': (config) => [heads(config), latent(config), unrotated(config)],
  'blk.N.attn_v_b': (config) => [heads(config), valueSize(config), latent(config)],
  'blk.N.attn_output': (config) => [hidden(config), heads(config) * valueSize(config)],
  'blk.N.exp_probs_b': (config) => [config.integer('n_routed_experts')],
  'blk.N.ffn_gate_shexp': (config) => [shared(config), hidden(config)],
  'blk.N.ffn_up_shexp': (config) => [shared(config), hidden(config)],
  'blk.N.ffn_down_shexp': (config) => [hidden(config), shared(config)],
  'blk.N.nextn.eh_proj': (config) => [hidden(config), 2 * hidden(config)],
  'blk.N.nextn.enorm': (config) => [hidden(config)],
  'blk.N.nextn.hnorm': (config) => [hidden(config)],
};
