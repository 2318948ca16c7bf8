/** Shapes that the engine expects, in Hugging Face's order, from the settings. */
import type { Config } from '../hugging-face/config.ts';
import type { ShapeTable } from './family.ts';
import { headSize } from './rope.ts';

const hidden = (config: Config): number => config.integer('hidden_size');
const forward = (config: Config): number => config.integer('intermediate_size');
const queries = (config: Config): number => config.integer('num_attention_heads') * headSize(config);
const keys = (config: Config): number => config.integer('num_key_value_heads') * headSize(config);

export const decoderShapes: ShapeTable = {
  output_norm: (config) => [hidden(config)],
  'blk.N.attn_norm': (config) => [hidden(config)],
  'blk.N.ffn_norm': (config) => [hidden(config)],
  'blk.N.post_attention_norm': (config) => [hidden(config)],
  'blk.N.post_ffw_norm': (config) => [hidden(config)],
  'blk.N.attn_q': (config) => [queries(config), hidden(config)],
  'blk.N.attn_k': (config) => [keys(config), hidden(config)],
  'blk.N.attn_v': (config) => [keys(config), hidden(config)],
  'blk.N.attn_output': (config) => [hidden(config), queries(config)],
  'blk.N.ffn_gate': (config) => [forward(config), hidden(config)],
  'blk.N.ffn_up': (config) => [forward(config), hidden(config)],
  'blk.N.ffn_down': (config) => [hidden(config), forward(config)],
};

/** For architectures in which the heads always share the hidden size, whatever `head_dim` says. */
export const sharedHeadShapes: ShapeTable = {
  ...decoderShapes,
  'blk.N.attn_q': (config) => [hidden(config), hidden(config)],
  'blk.N.attn_output': (config) => [hidden(config), hidden(config)],
};

/** Norms of the queries and keys of each head. */
export const headNormShapes: ShapeTable = {
  'blk.N.attn_q_norm': (config) => [headSize(config)],
  'blk.N.attn_k_norm': (config) => [headSize(config)],
};

/** Norms of the queries and keys of all heads together. */
export const jointNormShapes: ShapeTable = {
  'blk.N.attn_q_norm': (config) => [queries(config)],
  'blk.N.attn_k_norm': (config) => [keys(config)],
};

/** Norms that have weights of their own for each head. */
export const ownNormShapes: ShapeTable = {
  'blk.N.attn_q_norm': (config) => [config.integer('num_attention_heads'), headSize(config)],
  'blk.N.attn_k_norm': (config) => [config.integer('num_key_value_heads'), headSize(config)],
};

/** @param length name of the setting for the length of an expert's middle layer */
export function expertShapes(length: string, ...count: string[]): ShapeTable {
  const wide = (config: Config) => [config.integer(count), config.integer(length), hidden(config)];
  return {
    'blk.N.ffn_gate_inp': (config) => [config.integer(count), hidden(config)],
    'blk.N.ffn_gate_exps': wide,
    'blk.N.ffn_up_exps': wide,
    'blk.N.ffn_down_exps': (config) => [config.integer(count), hidden(config), config.integer(length)],
  };
}
