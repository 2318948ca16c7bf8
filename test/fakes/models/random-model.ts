import type { GgufValue } from '../../../src/gguf/types.ts';
import { listOf, type TensorContent, writeGguf } from '../../../src/gguf/writer.ts';
import { seededRandom } from '../random/seeded-random.ts';

export interface RandomModelOptions {
  readonly seed?: number;
  readonly layers?: number;
  /** A multiple of 16, the length of a head. */
  readonly embedding?: number;
  /** Additional tokens after the control tokens and the 256 bytes. */
  readonly vocabulary?: readonly string[];
  readonly contextLength?: number;
  /** Factor of the logits; with 1, all tokens are nearly equally likely. */
  readonly sharpness?: number;
  /** Added to all weights: up to this much, from a generator of its own. The model then often agrees with one without. */
  readonly noise?: number;
  readonly chatTemplate?: string;
  readonly architecture?: string;
  readonly metadata?: Readonly<Record<string, GgufValue>>;
}

const HEAD_LENGTH = 16;
const F32 = 0;

/** llama.cpp's `llama_token_type`. */
const tokenTypes = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;

/** IDs of the control tokens. */
const randomModelTokens = { unknown: 0, bos: 1, eos: 2 } as const;

const defaultTemplate =
  "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}";

/**
 * Writes a GGUF of the llama architecture with random weights that llama.cpp loads and generates from. The output is
 * nonsense, but always the same for the same seed. Its vocabulary is SentencePiece's with a token for every byte, so
 * that any text round-trips.
 */
export async function writeRandomModel(path: string, options: RandomModelOptions = {}): Promise<void> {
  const { seed = 1, layers = 2, embedding = 32, contextLength = 512, architecture = 'llama' } = options;
  const vocabulary = vocabularyWith(options.vocabulary ?? defaultWords);
  const heads = embedding / HEAD_LENGTH;
  const u32 = (value: number): GgufValue => ({ type: 'u32', value });
  const text = (value: string): GgufValue => ({ type: 'string', value });
  const feedForward = 2 * embedding;
  await writeGguf(path, {
    metadata: {
      'general.architecture': text(architecture),
      'general.type': text('model'),
      'general.name': text('Random'),
      'general.file_type': u32(0),
      [`${architecture}.context_length`]: u32(contextLength),
      [`${architecture}.embedding_length`]: u32(embedding),
      [`${architecture}.block_count`]: u32(layers),
      [`${architecture}.feed_forward_length`]: u32(feedForward),
      [`${architecture}.rope.dimension_count`]: u32(HEAD_LENGTH),
      [`${architecture}.attention.head_count`]: u32(heads),
      [`${architecture}.attention.head_count_kv`]: u32(heads),
      [`${architecture}.attention.layer_norm_rms_epsilon`]: { type: 'f32', value: 1e-5 },
      'tokenizer.ggml.model': text('llama'),
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
      'tokenizer.ggml.unknown_token_id': u32(randomModelTokens.unknown),
      'tokenizer.ggml.bos_token_id': u32(randomModelTokens.bos),
      'tokenizer.ggml.eos_token_id': u32(randomModelTokens.eos),
      'tokenizer.ggml.add_bos_token': { type: 'bool', value: true },
      'tokenizer.ggml.add_space_prefix': { type: 'bool', value: false },
      'tokenizer.chat_template': text(options.chatTemplate ?? defaultTemplate),
      ...options.metadata,
    },
    tensors: randomTensors(seededRandom(seed), {
      ...{ layers, embedding, feedForward, words: vocabulary.length },
      ...{ sharpness: options.sharpness ?? 1, noise: options.noise ?? 0 },
    }),
  });
}

interface Sizes {
  readonly layers: number;
  readonly embedding: number;
  readonly feedForward: number;
  readonly words: number;
  readonly sharpness: number;
  readonly noise: number;
}

const NOISE_SEED = 77;

function randomTensors(
  random: () => number,
  { layers, embedding, feedForward, words, sharpness, noise }: Sizes,
): TensorContent[] {
  const disturb = seededRandom(NOISE_SEED);
  const tensor = (name: string, shape: number[], value: (index: number) => number): TensorContent => {
    const elements = shape.reduce((product, length) => product * length, 1);
    const data = new Uint8Array(Float32Array.from({ length: elements }, (_, index) => value(index)).buffer);
    return { name, shape, type: F32, data };
  };
  const weights = (name: string, ...shape: number[]): TensorContent => {
    const factor = name === 'output.weight' ? sharpness : 1;
    const value = () => (random() - 0.5) * 0.5 + (noise > 0 ? (disturb() - 0.5) * 2 * noise : 0);
    return tensor(name, shape, () => factor * value());
  };
  const ones = (name: string) => tensor(name, [embedding], () => 1);
  const layer = (index: number): TensorContent[] => [
    ones(`blk.${index}.attn_norm.weight`),
    weights(`blk.${index}.attn_q.weight`, embedding, embedding),
    weights(`blk.${index}.attn_k.weight`, embedding, embedding),
    weights(`blk.${index}.attn_v.weight`, embedding, embedding),
    weights(`blk.${index}.attn_output.weight`, embedding, embedding),
    ones(`blk.${index}.ffn_norm.weight`),
    weights(`blk.${index}.ffn_gate.weight`, embedding, feedForward),
    weights(`blk.${index}.ffn_up.weight`, embedding, feedForward),
    weights(`blk.${index}.ffn_down.weight`, feedForward, embedding),
  ];
  return [
    weights('token_embd.weight', embedding, words),
    ...Array.from({ length: layers }, (_, index) => layer(index)).flat(),
    ones('output_norm.weight'),
    weights('output.weight', embedding, words),
  ];
}

interface Token {
  readonly text: string;
  readonly score: number;
  readonly type: number;
}

/** SentencePiece writes a space as "▁". */
export const defaultWords = [
  ...Array.from(
    '▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:!?',
    (character) => character,
  ),
  ...['th', 'the', 'an', 'and', 'he', 'll', 'in', 'er', '▁w', '▁a', '▁s', '▁the'],
];

export function vocabularyWith(words: readonly string[]): Token[] {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, '0'));
  return [
    { text: '<unk>', score: 0, type: tokenTypes.unknown },
    { text: '<s>', score: 0, type: tokenTypes.control },
    { text: '</s>', score: 0, type: tokenTypes.control },
    ...bytes.map((hex) => ({ text: `<0x${hex}>`, score: 0, type: tokenTypes.byte })),
    // Longer tokens are merged first.
    ...words.map((text, index) => ({ text, score: 100 * text.length - index, type: tokenTypes.normal })),
  ];
}
