/**
 * Tiny models with random weights whose memory is not a plain KV cache, like `random-model.ts` for the llama
 * architecture.
 */
import type { GgufValue } from '../../../src/gguf/types.ts';
import { listOf, type TensorContent, writeGguf } from '../../../src/gguf/writer.ts';
import { seededRandom } from '../random/seeded-random.ts';
import { defaultWords, vocabularyWith } from './random-model.ts';

const F32 = 0;
const EMBEDDING = 32;
const HEAD_LENGTH = 16;
const HEADS = EMBEDDING / HEAD_LENGTH;
const FEED_FORWARD = 64;
const EXPERTS = 4;
/** Number of tokens that Gemma's sliding-window layers look back. */
const RANDOM_WINDOW = 32;
/** Every sixth layer of Gemma 3 attends to the whole context. */
const GEMMA_LAYERS = 6;
/** Mamba's sizes. */
const INNER = 2 * EMBEDDING;
const STATE = 8;
const CONVOLUTION = 4;
const RANK = 4;

interface Weights {
  random(name: string, ...shape: number[]): TensorContent;
  filled(name: string, value: number, ...shape: number[]): TensorContent;
}

interface Architecture {
  readonly layers: number;
  readonly metadata: Readonly<Record<string, GgufValue>>;
  readonly outputNorm: string;
  readonly layer: (weights: Weights, index: number) => TensorContent[];
}

const u32 = (value: number): GgufValue => ({ type: 'u32', value });

const architectures = {
  /** Recurrent: one state per sequence, which cannot be rolled back. */
  mamba: {
    layers: 2,
    outputNorm: 'output_norm.weight',
    metadata: {
      'ssm.conv_kernel': u32(CONVOLUTION),
      'ssm.inner_size': u32(INNER),
      'ssm.state_size': u32(STATE),
      'ssm.time_step_rank': u32(RANK),
      'attention.head_count': u32(0),
      feed_forward_length: u32(0),
    },
    layer: (weights, index) => [
      weights.filled(`blk.${index}.attn_norm.weight`, 1, EMBEDDING),
      weights.random(`blk.${index}.ssm_in.weight`, EMBEDDING, 2 * INNER),
      weights.random(`blk.${index}.ssm_conv1d.weight`, CONVOLUTION, INNER),
      weights.random(`blk.${index}.ssm_conv1d.bias`, INNER),
      weights.random(`blk.${index}.ssm_x.weight`, INNER, RANK + 2 * STATE),
      weights.random(`blk.${index}.ssm_dt.weight`, RANK, INNER),
      weights.random(`blk.${index}.ssm_dt.bias`, INNER),
      weights.filled(`blk.${index}.ssm_a`, -0.1, STATE, INNER),
      weights.random(`blk.${index}.ssm_d`, INNER),
      weights.random(`blk.${index}.ssm_out.weight`, INNER, EMBEDDING),
    ],
  },
  /** Hybrid: a convolution layer with a state, and an attention layer with keys and values. */
  lfm2: {
    layers: 2,
    outputNorm: 'token_embd_norm.weight',
    metadata: {
      'shortconv.l_cache': u32(3),
      'attention.head_count': u32(HEADS),
      'attention.head_count_kv': listOf('i32', [0, HEADS]),
      feed_forward_length: u32(FEED_FORWARD),
      'rope.freq_base': { type: 'f32', value: 10_000 },
    },
    layer: (weights, index) => [
      weights.filled(`blk.${index}.attn_norm.weight`, 1, EMBEDDING),
      ...(index === 0
        ? [
            weights.random('blk.0.shortconv.conv.weight', 3, EMBEDDING),
            weights.random('blk.0.shortconv.in_proj.weight', EMBEDDING, 3 * EMBEDDING),
            weights.random('blk.0.shortconv.out_proj.weight', EMBEDDING, EMBEDDING),
          ]
        : attention(weights, index)),
      ...feedForward(weights, index),
    ],
  },
  /** Most layers have only a sliding window. */
  gemma3: {
    layers: GEMMA_LAYERS,
    outputNorm: 'output_norm.weight',
    metadata: {
      'attention.head_count': u32(HEADS),
      'attention.head_count_kv': u32(HEADS),
      'attention.key_length': u32(HEAD_LENGTH),
      'attention.value_length': u32(HEAD_LENGTH),
      'attention.sliding_window': u32(RANDOM_WINDOW),
      feed_forward_length: u32(FEED_FORWARD),
    },
    layer: (weights, index) => [
      weights.filled(`blk.${index}.attn_norm.weight`, 1, EMBEDDING),
      ...attention(weights, index),
      weights.filled(`blk.${index}.post_attention_norm.weight`, 1, EMBEDDING),
      ...feedForward(weights, index),
      weights.filled(`blk.${index}.post_ffw_norm.weight`, 1, EMBEDDING),
    ],
  },
  /** Positions have four parts, and rows of media have further values, which are added after the first two layers. */
  qwen3vl: {
    layers: 3,
    outputNorm: 'output_norm.weight',
    metadata: {
      'attention.head_count': u32(HEADS),
      'attention.head_count_kv': u32(HEADS),
      'attention.key_length': u32(HEAD_LENGTH),
      'attention.value_length': u32(HEAD_LENGTH),
      'rope.dimension_count': u32(HEAD_LENGTH),
      'rope.dimension_sections': listOf('i32', [2, 3, 3, 0]),
      n_deepstack_layers: u32(2),
      feed_forward_length: u32(FEED_FORWARD),
    },
    layer: (weights, index) => [
      weights.filled(`blk.${index}.attn_norm.weight`, 1, EMBEDDING),
      ...attention(weights, index),
      ...feedForward(weights, index),
    ],
  },
  /** A mixture of experts. */
  qwen3moe: {
    layers: 3,
    outputNorm: 'output_norm.weight',
    metadata: {
      'attention.head_count': u32(HEADS),
      'attention.head_count_kv': u32(HEADS),
      'attention.key_length': u32(HEAD_LENGTH),
      'attention.value_length': u32(HEAD_LENGTH),
      expert_count: u32(EXPERTS),
      expert_used_count: u32(2),
      expert_feed_forward_length: u32(FEED_FORWARD),
      feed_forward_length: u32(FEED_FORWARD),
    },
    layer: (weights, index) => [
      weights.filled(`blk.${index}.attn_norm.weight`, 1, EMBEDDING),
      ...attention(weights, index),
      weights.filled(`blk.${index}.ffn_norm.weight`, 1, EMBEDDING),
      weights.random(`blk.${index}.ffn_gate_inp.weight`, EMBEDDING, EXPERTS),
      weights.random(`blk.${index}.ffn_gate_exps.weight`, EMBEDDING, FEED_FORWARD, EXPERTS),
      weights.random(`blk.${index}.ffn_up_exps.weight`, EMBEDDING, FEED_FORWARD, EXPERTS),
      weights.random(`blk.${index}.ffn_down_exps.weight`, FEED_FORWARD, EMBEDDING, EXPERTS),
    ],
  },
} as const satisfies Record<string, Architecture>;

export type RandomArchitecture = keyof typeof architectures;

function attention(weights: Weights, index: number): TensorContent[] {
  return [
    ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].map((name) =>
      weights.random(`blk.${index}.${name}.weight`, EMBEDDING, EMBEDDING),
    ),
    ...['attn_q_norm', 'attn_k_norm'].map((name) =>
      weights.filled(`blk.${index}.${name}.weight`, 1, HEAD_LENGTH),
    ),
  ];
}

function feedForward(weights: Weights, index: number): TensorContent[] {
  return [
    weights.filled(`blk.${index}.ffn_norm.weight`, 1, EMBEDDING),
    weights.random(`blk.${index}.ffn_gate.weight`, EMBEDDING, FEED_FORWARD),
    weights.random(`blk.${index}.ffn_up.weight`, EMBEDDING, FEED_FORWARD),
    weights.random(`blk.${index}.ffn_down.weight`, FEED_FORWARD, EMBEDDING),
  ];
}

/**
 * Writes a GGUF of about 100 KB; always the same for an architecture.
 * @param more further metadata
 */
export async function writeRandomArchitecture(
  path: string,
  architecture: RandomArchitecture,
  more: Readonly<Record<string, GgufValue>> = {},
): Promise<void> {
  const { layers, metadata, outputNorm, layer }: Architecture = architectures[architecture];
  const vocabulary = vocabularyWith(defaultWords);
  const weights = randomWeights(seededRandom(1));
  const own = Object.entries({
    context_length: u32(1024),
    embedding_length: u32(EMBEDDING),
    block_count: u32(layers),
    'attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-5 } as GgufValue,
    ...metadata,
  }).map(([key, value]) => [`${architecture}.${key}`, value] as const);
  await writeGguf(path, {
    metadata: {
      'general.architecture': { type: 'string', value: architecture },
      ...Object.fromEntries(own),
      'tokenizer.ggml.model': { type: 'string', value: 'llama' },
      'tokenizer.ggml.tokens': listOf(
        'string',
        vocabulary.map((token) => token.text),
      ),
      'tokenizer.ggml.scores': listOf(
        'f32',
        vocabulary.map((token) => token.score),
      ),
      'tokenizer.ggml.token_type': listOf(
        'i32',
        vocabulary.map((token) => token.type),
      ),
      'tokenizer.ggml.bos_token_id': u32(1),
      'tokenizer.ggml.eos_token_id': u32(2),
      ...more,
    },
    tensors: [
      weights.random('token_embd.weight', EMBEDDING, vocabulary.length),
      ...Array.from({ length: layers }, (_, index) => layer(weights, index)).flat(),
      weights.filled(outputNorm, 1, EMBEDDING),
      weights.random('output.weight', EMBEDDING, vocabulary.length),
    ],
  });
}

function randomWeights(random: () => number): Weights {
  const tensor = (name: string, shape: number[], value: () => number): TensorContent => {
    const elements = shape.reduce((product, length) => product * length, 1);
    const data = new Uint8Array(Float32Array.from({ length: elements }, value).buffer);
    return { name, shape, type: F32, data };
  };
  return {
    random: (name, ...shape) => tensor(name, shape, () => random() - 0.5),
    filled: (name, value, ...shape) => tensor(name, shape, () => value),
  };
}
