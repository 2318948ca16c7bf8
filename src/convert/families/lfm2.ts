import type { Config } from '../hugging-face/config.ts';
import { decoderMetadata, must } from './decoder.ts';
import { expertShapes, headNormShapes, sharedHeadShapes } from './decoder-shapes.ts';
import type { ConfigCheck, Family, ShapeTable, TensorRule, TensorTarget } from './family.ts';
import { integer, integerRow, integers, numberRow, row } from './metadata-rows.ts';
import { knownRopeType } from './rope.ts';

const CONVOLUTION = 'conv';

/** llama.cpp's `LLAMA_MAX_LAYERS`. */
const MAX_LAYERS = 512;

/** The engine's number for it. */
const SIGMOID = 2;

/** Layers with attention; the others convolve the last few tokens. */
const attention = (to: string): TensorTarget => ({
  to,
  when: (config, layer) => kindOf(config, layer) !== CONVOLUTION,
});
const convolution = (to: string, data?: TensorTarget['data']): TensorTarget => ({
  to,
  when: (config, layer) => kindOf(config, layer) === CONVOLUTION,
  ...(data && { data }),
});

/** Heads of keys and values of each layer: none where it convolves. */
const headsByLayer = row('attention.head_count_kv', ({ config, layers }) => {
  const heads = config.integer('num_key_value_heads');
  const kinds = Array.from({ length: layers }, (_, layer) => kindOf(config, layer));
  return integers(kinds.map((kind) => (kind === CONVOLUTION ? 0 : heads)));
});

/** All but the feed-forward part. */
const mixers: Readonly<Record<string, TensorRule>> = {
  'model.embed_tokens': 'token_embd',
  'model.embedding_norm': 'token_embd_norm',
  lm_head: 'output',
  'model.layers.N.operator_norm': 'blk.N.attn_norm',
  'model.layers.N.self_attn.q_proj': attention('blk.N.attn_q'),
  'model.layers.N.self_attn.k_proj': attention('blk.N.attn_k'),
  'model.layers.N.self_attn.v_proj': attention('blk.N.attn_v'),
  'model.layers.N.self_attn.out_proj': attention('blk.N.attn_output'),
  'model.layers.N.self_attn.q_layernorm': attention('blk.N.attn_q_norm'),
  'model.layers.N.self_attn.k_layernorm': attention('blk.N.attn_k_norm'),
  'model.layers.N.conv.conv': convolution('blk.N.shortconv.conv', (data, { shape }) => ({
    kind: 'reshape',
    shape: shape.filter((_, axis) => axis !== 1),
    of: data,
  })),
  'model.layers.N.conv.in_proj': convolution('blk.N.shortconv.in_proj'),
  'model.layers.N.conv.out_proj': convolution('blk.N.shortconv.out_proj'),
  'model.layers.N.ffn_norm': 'blk.N.ffn_norm',
};

const mixerShapes: ShapeTable = {
  ...sharedHeadShapes,
  ...headNormShapes,
  token_embd_norm: (config) => [config.integer('hidden_size')],
  'blk.N.shortconv.conv': (config) => [config.integer('hidden_size'), config.integer('conv_L_cache')],
  'blk.N.shortconv.in_proj': (config) => [3 * config.integer('hidden_size'), config.integer('hidden_size')],
  'blk.N.shortconv.out_proj': (config) => [config.integer('hidden_size'), config.integer('hidden_size')],
};

export const lfm2: Family = {
  names: ['Lfm2ForCausalLM', 'LFM2ForCausalLM'],
  architecture: 'lfm2',
  neededKeys: ['shortconv.l_cache'],
  modelTypes: ['lfm2'],
  tokenizer: 'bpe',
  metadata: [
    ...decoderMetadata,
    headsByLayer,
    integerRow('vocab_size', 'vocab_size'),
    integerRow('shortconv.l_cache', 'conv_L_cache'),
    numberRow('attention.layer_norm_rms_epsilon', 'norm_eps'),
    row('feed_forward_length', ({ config }) => integer(feedForwardSize(config))),
  ],
  tensors: {
    ...mixers,
    'model.layers.N.feed_forward.w1': 'blk.N.ffn_gate',
    'model.layers.N.feed_forward.w2': 'blk.N.ffn_down',
    'model.layers.N.feed_forward.w3': 'blk.N.ffn_up',
  },
  optional: ['lm_head'],
  shapes: {
    ...mixerShapes,
    'blk.N.ffn_gate': (config) => [feedForwardSize(config), config.integer('hidden_size')],
    'blk.N.ffn_up': (config) => [feedForwardSize(config), config.integer('hidden_size')],
    'blk.N.ffn_down': (config) => [config.integer('hidden_size'), feedForwardSize(config)],
  },
  complete: withFirstNames,
  checks: [must('conv_bias', false), knownRopeType, bothKinds],
};

/** Layers before the experts begin. */
const dense = (to: string): TensorTarget => ({ to, when: (config, layer) => !hasExperts(config, layer) });
const sparse = (to: string): TensorTarget => ({ to, when: hasExperts });

/** LFM2 with experts, whose routers are sigmoids with a bias for each expert. */
export const lfm2moe: Family = {
  names: ['Lfm2MoeForCausalLM'],
  architecture: 'lfm2moe',
  neededKeys: [
    'shortconv.l_cache',
    'leading_dense_block_count',
    'expert_feed_forward_length',
    'expert_count',
  ],
  modelTypes: ['lfm2_moe'],
  tokenizer: 'bpe',
  metadata: [
    ...decoderMetadata,
    headsByLayer,
    integerRow('expert_feed_forward_length', 'moe_intermediate_size'),
    integerRow('leading_dense_block_count', 'num_dense_layers'),
    row('expert_gating_func', () => integer(SIGMOID)),
    integerRow('vocab_size', 'vocab_size'),
    integerRow('shortconv.l_cache', 'conv_L_cache'),
  ],
  tensors: {
    ...mixers,
    'model.layers.N.feed_forward.w1': dense('blk.N.ffn_gate'),
    'model.layers.N.feed_forward.w2': dense('blk.N.ffn_down'),
    'model.layers.N.feed_forward.w3': dense('blk.N.ffn_up'),
    'model.layers.N.feed_forward.gate': sparse('blk.N.ffn_gate_inp'),
    'model.layers.N.feed_forward.expert_bias': sparse('blk.N.exp_probs_b.bias'),
  },
  optional: ['lm_head'],
  experts: {
    from: 'model.layers.N.feed_forward.experts.E',
    to: { w1: 'blk.N.ffn_gate_exps', w2: 'blk.N.ffn_down_exps', w3: 'blk.N.ffn_up_exps' },
    count: ['num_local_experts', 'num_experts'],
    when: hasExperts,
  },
  shapes: { ...mixerShapes, ...expertShapes('moe_intermediate_size', 'num_local_experts', 'num_experts') },
  checks: [
    must('conv_bias', false),
    must('norm_topk_prob', true),
    must('routed_scaling_factor', 1),
    must('use_expert_bias', true),
    knownRopeType,
    bothKinds,
  ],
};

function hasExperts(config: Config, layer: number): boolean {
  return layer >= config.integer('num_dense_layers');
}

/** Settings under the names that the first LFM2 models have. */
function withFirstNames(config: Config): Config {
  return config.with({
    rope_theta: config.value('theta') ?? config.value('rope_theta'),
    intermediate_size: config.value('block_ff_dim') ?? config.value('intermediate_size'),
    tie_word_embeddings: config.value('tie_embedding') ?? config.value('tie_word_embeddings'),
  });
}

/** The engine ends its process when all layers are of one kind. */
function bothKinds(config: Config): ReturnType<ConfigCheck> {
  const layers = config.integer('num_hidden_layers', { minimum: 1, maximum: MAX_LAYERS });
  const kinds = Array.from({ length: layers }, (_, layer) => kindOf(config, layer) === CONVOLUTION);
  if (kinds.includes(true) && kinds.includes(false)) return undefined;
  return '"layer_types" in config.json has layers of one kind only, with which the engine cannot load the model';
}

/** All layers have attention unless config.json lists their kinds, or the numbers of those that do. */
function kindOf(config: Config, layer: number): string {
  const kinds = config.optionalTexts('layer_types');
  if (kinds) return kinds[layer] ?? CONVOLUTION;
  const withAttention = config.optionalNumbers('full_attn_idxs');
  return withAttention === undefined || withAttention.includes(layer) ? 'full_attention' : CONVOLUTION;
}

/** Source: `Lfm2MLP` of transformers. */
function feedForwardSize(config: Config): number {
  const stated = config.integer('intermediate_size');
  if (!config.flag('block_auto_adjust_ff_dim')) return stated;
  const narrowed = Math.trunc((2 * stated) / 3);
  const scaled = Math.trunc((config.optionalNumber('block_ffn_dim_multiplier') ?? 1) * narrowed);
  const unit = config.integer('block_multiple_of', { minimum: 1 });
  return unit * Math.ceil(scaled / unit);
}
