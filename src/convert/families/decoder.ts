/** What most families that write text have in common. */
import type { Config } from '../hugging-face/config.ts';
import type { TensorData } from '../tensors/tensor-data.ts';
import type { ConfigCheck, MetadataRow, TensorRule, TensorScope } from './family.ts';
import { flag, integer, integerRow, numberRow, row } from './metadata-rows.ts';
import { ropeBaseRow, ropeScalingRow, ropeTypes, yarnOfPaper } from './rope.ts';

/** Numbers of the ways in which routers weigh experts, as the engine knows them. */
const gatingFunctions: Readonly<Record<string, number>> = { softmax: 1, sigmoid: 2, sqrtsoftplus: 4 };

const gatingNames = [
  'score_function',
  'scoring_func',
  'score_func',
  'moe_router_activation',
  'moe_router_activation_func',
  'expert_selection_fn',
];

/** In the order of the reference. */
export const decoderMetadata: readonly MetadataRow[] = [
  row('block_count', ({ layers }) => integer(layers)),
  integerRow(
    'context_length',
    'max_position_embeddings',
    'n_ctx',
    'n_positions',
    'max_length',
    'max_sequence_length',
  ),
  integerRow('embedding_length', 'hidden_size', 'n_embd', 'dim'),
  integerRow('feed_forward_length', 'intermediate_size', 'n_inner', 'hidden_dim'),
  integerRow('attention.head_count', 'num_attention_heads', 'n_head', 'n_heads'),
  integerRow('attention.head_count_kv', 'num_key_value_heads', 'n_kv_heads'),
  row('attention.causal', ({ config }) =>
    config.optionalFlag('is_causal') === false ? flag(false) : undefined,
  ),
  ropeScalingRow,
  ropeBaseRow,
  numberRow('attention.layer_norm_rms_epsilon', 'rms_norm_eps', 'norm_eps'),
  numberRow('attention.layer_norm_epsilon', 'layer_norm_eps', 'layer_norm_epsilon', 'norm_epsilon'),
  integerRow('expert_count', 'num_local_experts', 'num_experts', 'n_routed_experts'),
  integerRow('expert_used_count', 'num_experts_per_tok', 'num_experts_per_token', 'top_k_experts'),
  integerRow('expert_group_count', 'n_group'),
  integerRow('expert_group_used_count', 'topk_group'),
  row('expert_gating_func', ({ config }) => {
    const name = config.optionalText(gatingNames);
    if (name === undefined) return undefined;
    const number = Object.hasOwn(gatingFunctions, name) ? gatingFunctions[name] : undefined;
    if (number !== undefined) return integer(number);
    throw config.error('scoring_func', Object.keys(gatingFunctions).join(' or '));
  }),
  integerRow('attention.key_length', 'head_dim'),
  integerRow('attention.value_length', 'head_dim'),
  row('general.file_type', ({ fileType }) => integer(fileType)),
];

/** What surrounds the layers, and an attention behind its norm. */
export const attentionTensors: Readonly<Record<string, TensorRule>> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
  'model.layers.N.input_layernorm': 'blk.N.attn_norm',
  'model.layers.N.self_attn.q_proj': 'blk.N.attn_q',
  'model.layers.N.self_attn.k_proj': 'blk.N.attn_k',
  'model.layers.N.self_attn.v_proj': 'blk.N.attn_v',
  'model.layers.N.self_attn.o_proj': 'blk.N.attn_output',
};

/** Layers with an attention and a feed-forward part, each behind its norm. */
export const decoderTensors: Readonly<Record<string, TensorRule>> = {
  ...attentionTensors,
  'model.layers.N.post_attention_layernorm': 'blk.N.ffn_norm',
  'model.layers.N.mlp.gate_proj': 'blk.N.ffn_gate',
  'model.layers.N.mlp.up_proj': 'blk.N.ffn_up',
  'model.layers.N.mlp.down_proj': 'blk.N.ffn_down',
};

export const queryKeyValue: readonly string[] = [
  'model.layers.N.self_attn.q_proj',
  'model.layers.N.self_attn.k_proj',
  'model.layers.N.self_attn.v_proj',
];

/** Rows of the query in the order of the engine's rope. */
export function interleaveQuery(data: TensorData, { config }: TensorScope): TensorData {
  return { kind: 'interleave-heads', heads: config.integer('num_attention_heads', { minimum: 1 }), of: data };
}

/** Rows of the key in the order of the engine's rope. */
export function interleaveKey(data: TensorData, { config }: TensorScope): TensorData {
  return { kind: 'interleave-heads', heads: config.integer('num_key_value_heads', { minimum: 1 }), of: data };
}

/** As many heads of keys and values as of queries where config.json does not say. */
export function withKeyValueHeads(config: Config): Config {
  if (config.has('num_key_value_heads')) return config;
  return config.with({ num_key_value_heads: config.value('num_attention_heads') });
}

/** Refuses an activation function that the engine does not use for the family. */
export function activation(name: string, ...known: string[]): ConfigCheck {
  return (config) => {
    const value = config.optionalText(name);
    if (value === undefined || known.includes(value)) return undefined;
    return `${config.statement(name)} is not what the engine computes for this architecture (${known.join(', ')})`;
  };
}

/** Refuses a setting with any other value than the one that the engine assumes. */
export function must(name: string, assumed: string | number | boolean, ...alsoFine: unknown[]): ConfigCheck {
  return (config) => {
    const value = config.value(name);
    if (value === undefined || value === assumed || alsoFine.includes(value)) return undefined;
    return `${config.statement(name)} is not what the engine computes for this architecture (${JSON.stringify(assumed)})`;
  };
}

/** What the engine assumes of all these models. `ropeType` names a kind of scaling that only some of them have. */
export function decoderChecks(...ropeType: string[]): readonly ConfigCheck[] {
  return [
    activation('hidden_act', 'silu', 'swish'),
    ropeTypes(...ropeType),
    yarnOfPaper,
    must('partial_rotary_factor', 1),
  ];
}

/** Refuses a mixture of layers with and without a window that is not the one that the engine assumes: full every so often. */
export function fullEvery(period: number): ConfigCheck {
  return (config) => {
    const types = config.optionalTexts('layer_types', config.integer('num_hidden_layers'));
    const isAssumed = types?.every(
      (type, layer) => type === ((layer + 1) % period === 0 ? 'full_attention' : 'sliding_attention'),
    );
    if (isAssumed !== false) return undefined;
    return `"layer_types" in config.json is not what the engine computes for this architecture: full attention in every layer ${period}`;
  };
}

/** Tells that the engine lets every token see all tokens before it. */
export const ignoresWindow: ConfigCheck = (config) => {
  const window = config.optionalInteger('sliding_window');
  if (window === undefined || window >= config.integer('max_position_embeddings')) return undefined;
  return `the engine does not use the window of ${window} tokens that the model was trained with; longer texts are read whole`;
};

/** Names of models that were saved without the part that writes text, or as a part of a larger model. */
export function withModelPrefix(name: string): string {
  return /^(?:layers\.|embed_tokens\.|norm\.)/.test(name) ? `model.${name}` : name;
}
