/** The tensors in the layers of architectures, for `sized-model.ts`, as llama.cpp's `src/models` loads them. */
import type { ModelSizes, SizedTensor } from './sized-model.ts';

export interface ArchitectureParts {
  /** Tensors of one block, without "blk.N.". */
  readonly layer: (index: number) => readonly SizedTensor[];
  /** Tensors outside the blocks; absent = only the norm, and the output shares the token embeddings. */
  readonly outer?: readonly SizedTensor[];
  /** Metadata under the architecture's name. */
  readonly own?: Readonly<Record<string, number | readonly number[]>>;
}

const EXPERTS = 8;
const EXPERTS_USED = 2;
const WINDOW = 512;
/** Rank of deepseek2's compressed keys and values. */
const KV_RANK = 128;
const Q_RANK = 192;
const ROPE_LENGTH = 32;
const STATE = 64;
const CONVOLUTION = 4;

function attention({ embedding, heads, kvHeads, headLength }: ModelSizes): SizedTensor[] {
  return [
    ['attn_norm.weight', embedding],
    ['attn_q.weight', embedding, heads * headLength],
    ['attn_k.weight', embedding, kvHeads * headLength],
    ['attn_v.weight', embedding, kvHeads * headLength],
    ['attn_output.weight', heads * headLength, embedding],
  ];
}

function attentionBiases({ embedding, heads, kvHeads, headLength }: ModelSizes): SizedTensor[] {
  return [
    ['attn_q.bias', heads * headLength],
    ['attn_k.bias', kvHeads * headLength],
    ['attn_v.bias', kvHeads * headLength],
    ['attn_output.bias', embedding],
  ];
}

function headNorms({ headLength }: ModelSizes): SizedTensor[] {
  return [
    ['attn_q_norm.weight', headLength],
    ['attn_k_norm.weight', headLength],
  ];
}

function feedForward({ embedding, feedForward: inner }: ModelSizes): SizedTensor[] {
  return [
    ['ffn_norm.weight', embedding],
    ['ffn_gate.weight', embedding, inner],
    ['ffn_up.weight', embedding, inner],
    ['ffn_down.weight', inner, embedding],
  ];
}

function experts({ embedding, feedForward: inner }: ModelSizes): SizedTensor[] {
  return [
    ['ffn_gate_inp.weight', embedding, EXPERTS],
    ['ffn_gate_exps.weight', embedding, inner, EXPERTS],
    ['ffn_up_exps.weight', embedding, inner, EXPERTS],
    ['ffn_down_exps.weight', inner, embedding, EXPERTS],
  ];
}

const expertCounts = { expert_count: EXPERTS, expert_used_count: EXPERTS_USED };

/** The norm and a separate output. */
function output({ embedding, vocabulary }: ModelSizes): SizedTensor[] {
  return [
    ['output_norm.weight', embedding],
    ['output.weight', embedding, vocabulary],
  ];
}

function postNorms({ embedding }: ModelSizes): SizedTensor[] {
  return [
    ['post_attention_norm.weight', embedding],
    ['post_ffw_norm.weight', embedding],
  ];
}

/** Mamba 2 with a single group; also used as a layer of a hybrid. */
function secondMamba({ embedding }: ModelSizes): SizedTensor[] {
  const inner = 2 * embedding;
  const heads = inner / STATE;
  return [
    ['attn_norm.weight', embedding],
    ['ssm_in.weight', embedding, 2 * inner + 2 * STATE + heads],
    ['ssm_conv1d.weight', CONVOLUTION, inner + 2 * STATE],
    ['ssm_conv1d.bias', inner + 2 * STATE],
    ['ssm_dt.bias', heads],
    ['ssm_a', 1, heads],
    ['ssm_d', 1, heads],
    ['ssm_norm.weight', inner, 1],
    ['ssm_out.weight', inner, embedding],
  ];
}

function secondMambaSizes({ embedding }: ModelSizes) {
  return {
    'ssm.conv_kernel': CONVOLUTION,
    'ssm.inner_size': 2 * embedding,
    'ssm.state_size': STATE,
    'ssm.time_step_rank': (2 * embedding) / STATE,
    'ssm.group_count': 1,
  };
}

function firstMamba({ embedding }: ModelSizes): SizedTensor[] {
  const inner = 2 * embedding;
  const rank = embedding / 16;
  return [
    ['attn_norm.weight', embedding],
    ['ssm_in.weight', embedding, 2 * inner],
    ['ssm_conv1d.weight', CONVOLUTION, inner],
    ['ssm_conv1d.bias', inner],
    ['ssm_x.weight', inner, rank + 2 * 16],
    ['ssm_dt.weight', rank, inner],
    ['ssm_dt.bias', inner],
    ['ssm_a', 16, inner],
    ['ssm_d', inner],
    ['ssm_out.weight', inner, embedding],
  ];
}

const DELTA_STATE = 64;
/** Every fourth layer is an attention layer. */
const DELTA_PERIOD = 4;

/** The gated delta net: as many value heads as fit into the embedding, half as many key heads. */
function deltaNet({ embedding }: ModelSizes): SizedTensor[] {
  const heads = embedding / DELTA_STATE;
  return [
    ['attn_norm.weight', embedding],
    ['attn_qkv.weight', embedding, 2 * embedding],
    ['attn_gate.weight', embedding, embedding],
    ['ssm_conv1d.weight', CONVOLUTION, 2 * embedding],
    ['ssm_dt.bias', heads],
    ['ssm_a', heads],
    ['ssm_beta.weight', embedding, heads],
    ['ssm_alpha.weight', embedding, heads],
    ['ssm_norm.weight', DELTA_STATE],
    ['ssm_out.weight', embedding, embedding],
  ];
}

/** Attention in which the queries include a gate for the output. */
function gatedAttention(sizes: ModelSizes): SizedTensor[] {
  const { embedding, heads, headLength } = sizes;
  const gated: SizedTensor = ['attn_q.weight', embedding, 2 * heads * headLength];
  return [...attention(sizes).filter(([name]) => name !== gated[0]), gated, ...headNorms(sizes)];
}

/** Every second layer is an attention layer; the others are recurrent. */
const attends = (index: number) => index % 2 === 1;

function alternating({ layers }: ModelSizes, value: number): number[] {
  return Array.from({ length: layers }, (_, index) => (attends(index) ? value : 0));
}

/** A value in every third layer, 0 in the others. */
function everyThird({ layers }: ModelSizes, place: number, value: number): number[] {
  return Array.from({ length: layers }, (_, index) => (index % 3 === place ? value : 0));
}

function ungatedFeedForward({ embedding, feedForward: inner }: ModelSizes): SizedTensor[] {
  return [
    ['ffn_up.weight', embedding, inner],
    ['ffn_down.weight', inner, embedding],
  ];
}

function latentAttention({ embedding, heads, headLength }: ModelSizes): SizedTensor[] {
  return [
    ['attn_norm.weight', embedding],
    ['attn_q_a.weight', embedding, Q_RANK],
    ['attn_q_a_norm.weight', Q_RANK],
    ['attn_q_b.weight', Q_RANK, heads * (headLength + ROPE_LENGTH)],
    ['attn_kv_a_mqa.weight', embedding, KV_RANK + ROPE_LENGTH],
    ['attn_kv_a_norm.weight', KV_RANK],
    ['attn_k_b.weight', headLength, KV_RANK, heads],
    ['attn_v_b.weight', KV_RANK, headLength, heads],
    ['attn_output.weight', heads * headLength, embedding],
    ['ffn_norm.weight', embedding],
  ];
}

function sharedExpert({ embedding, feedForward: inner }: ModelSizes): SizedTensor[] {
  return [
    ['ffn_gate_shexp.weight', embedding, inner],
    ['ffn_up_shexp.weight', embedding, inner],
    ['ffn_down_shexp.weight', inner, embedding],
  ];
}

/** Half of the values of a head: a quarter for the time, the rest for line and column. */
function ropeSections({ headLength }: ModelSizes): number[] {
  const [time, place] = [headLength / 8, (3 * headLength) / 16];
  return [time, place, place, 0];
}

/** Layers of Qwen3-VL behind which values of the encoder are added. */
const DEEP_LAYERS = 2;

export type SizedArchitecture = keyof typeof sizedArchitectures;

export const sizedArchitectures = {
  llama: (sizes) => ({ layer: () => [...attention(sizes), ...feedForward(sizes)], outer: output(sizes) }),
  qwen2: (sizes) => ({
    layer: () => [...attention(sizes), ...attentionBiases(sizes).slice(0, 3), ...feedForward(sizes)],
  }),
  qwen3: (sizes) => ({ layer: () => [...attention(sizes), ...headNorms(sizes), ...feedForward(sizes)] }),
  /** Positions have three parts, each for some of the rotated values. */
  qwen2vl: (sizes) => ({
    layer: () => [...attention(sizes), ...attentionBiases(sizes).slice(0, 3), ...feedForward(sizes)],
    own: { 'rope.dimension_sections': ropeSections(sizes) },
  }),
  /** Rows of media have further values, which are added after the first layers. */
  qwen3vl: (sizes) => ({
    layer: () => [...attention(sizes), ...headNorms(sizes), ...feedForward(sizes)],
    own: { 'rope.dimension_sections': ropeSections(sizes), n_deepstack_layers: DEEP_LAYERS },
  }),
  qwen3moe: (sizes) => ({
    layer: () => [
      ...attention(sizes),
      ...headNorms(sizes),
      ['ffn_norm.weight', sizes.embedding],
      ...experts(sizes),
    ],
    outer: output(sizes),
    own: { ...expertCounts, expert_feed_forward_length: sizes.feedForward },
  }),
  gemma2: (sizes) => ({
    layer: () => [...attention(sizes), ...postNorms(sizes), ...feedForward(sizes)],
    own: { 'attention.sliding_window': WINDOW },
  }),
  gemma3: (sizes) => ({
    layer: () => [...attention(sizes), ...headNorms(sizes), ...postNorms(sizes), ...feedForward(sizes)],
    own: { 'attention.sliding_window': WINDOW },
  }),
  phi3: (sizes) => ({
    layer: () => [
      ['attn_norm.weight', sizes.embedding],
      ['attn_qkv.weight', sizes.embedding, (sizes.heads + 2 * sizes.kvHeads) * sizes.headLength],
      ['attn_output.weight', sizes.heads * sizes.headLength, sizes.embedding],
      ['ffn_norm.weight', sizes.embedding],
      ['ffn_up.weight', sizes.embedding, 2 * sizes.feedForward],
      ['ffn_down.weight', sizes.feedForward, sizes.embedding],
    ],
    outer: output(sizes),
  }),
  'gpt-oss': (sizes) => ({
    layer: () => [
      ...attention(sizes),
      ...attentionBiases(sizes),
      ['attn_sinks.weight', sizes.heads],
      ['post_attention_norm.weight', sizes.embedding],
      ...experts(sizes),
      ['ffn_gate_inp.bias', EXPERTS],
      ['ffn_gate_exps.bias', sizes.feedForward, EXPERTS],
      ['ffn_up_exps.bias', sizes.feedForward, EXPERTS],
      ['ffn_down_exps.bias', sizes.embedding, EXPERTS],
    ],
    outer: output(sizes),
    own: {
      ...expertCounts,
      expert_feed_forward_length: sizes.feedForward,
      'attention.sliding_window': WINDOW,
    },
  }),
  deepseek2: (sizes) => ({
    layer: (index) => [
      ...latentAttention(sizes),
      ...(index === 0 ? feedForward(sizes).slice(1) : [...experts(sizes), ...sharedExpert(sizes)]),
    ],
    outer: output(sizes),
    own: {
      ...expertCounts,
      expert_feed_forward_length: sizes.feedForward,
      expert_shared_count: 1,
      leading_dense_block_count: 1,
      'attention.head_count_kv': 1,
      'attention.q_lora_rank': Q_RANK,
      'attention.kv_lora_rank': KV_RANK,
      'attention.key_length': KV_RANK + ROPE_LENGTH,
      'attention.value_length': KV_RANK,
      'attention.key_length_mla': sizes.headLength + ROPE_LENGTH,
      'attention.value_length_mla': sizes.headLength,
      'rope.dimension_count': ROPE_LENGTH,
    },
  }),
  mamba: (sizes) => ({
    layer: () => firstMamba(sizes),
    own: {
      'ssm.conv_kernel': CONVOLUTION,
      'ssm.inner_size': 2 * sizes.embedding,
      'ssm.state_size': 16,
      'ssm.time_step_rank': sizes.embedding / 16,
      'attention.head_count': 0,
      feed_forward_length: 0,
    },
  }),
  mamba2: (sizes) => ({
    layer: () => secondMamba(sizes),
    own: { ...secondMambaSizes(sizes), 'attention.head_count': 0, feed_forward_length: 0 },
  }),
  granitehybrid: (sizes) => ({
    layer: (index) => [...(attends(index) ? attention(sizes) : secondMamba(sizes)), ...feedForward(sizes)],
    own: { ...secondMambaSizes(sizes), 'attention.head_count_kv': alternating(sizes, sizes.kvHeads) },
  }),
  nemotron_h: (sizes) => ({
    layer: (index) =>
      [
        secondMamba(sizes),
        attention(sizes),
        [['attn_norm.weight', sizes.embedding] as const, ...ungatedFeedForward(sizes)],
      ][index % 3] ?? [],
    outer: output(sizes),
    own: {
      ...secondMambaSizes(sizes),
      'attention.head_count_kv': everyThird(sizes, 1, sizes.kvHeads),
      feed_forward_length: everyThird(sizes, 2, sizes.feedForward),
    },
  }),
  qwen35: (sizes) => ({
    layer: (index) => [
      ...(index % DELTA_PERIOD === DELTA_PERIOD - 1 ? gatedAttention(sizes) : deltaNet(sizes)),
      ['post_attention_norm.weight', sizes.embedding],
      ...feedForward(sizes).slice(1),
    ],
    own: {
      'ssm.conv_kernel': CONVOLUTION,
      'ssm.inner_size': sizes.embedding,
      'ssm.state_size': DELTA_STATE,
      'ssm.time_step_rank': sizes.embedding / DELTA_STATE,
      'ssm.group_count': sizes.embedding / DELTA_STATE / 2,
      full_attention_interval: DELTA_PERIOD,
      'rope.dimension_sections': [sizes.headLength / 2, 0, 0, 0],
    },
  }),
  lfm2: (sizes) => ({
    layer: (index) => [
      ...(attends(index)
        ? [...attention(sizes), ...headNorms(sizes)]
        : ([
            ['attn_norm.weight', sizes.embedding],
            ['shortconv.conv.weight', 3, sizes.embedding],
            ['shortconv.in_proj.weight', sizes.embedding, 3 * sizes.embedding],
            ['shortconv.out_proj.weight', sizes.embedding, sizes.embedding],
          ] as const)),
      ...feedForward(sizes),
    ],
    outer: [['token_embd_norm.weight', sizes.embedding]],
    own: { 'shortconv.l_cache': 3, 'attention.head_count_kv': alternating(sizes, sizes.kvHeads) },
  }),
} as const satisfies Record<string, (sizes: ModelSizes) => ArchitectureParts>;
