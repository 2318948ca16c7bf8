/**
 * What models of a circle of tokens have in common: they write one token of the circle after another, so that what drafts
 * for them is right only if it gets the hidden state of the right position.
 */
import type { GgufValue } from '../../../src/gguf/types.ts';
import { listOf, type TensorContent } from '../../../src/gguf/writer.ts';
import { seededRandom } from '../random/seeded-random.ts';
import { defaultWords, vocabularyWith } from './random-model.ts';

const F32 = 0;
export const EMBEDDING = 64;
export const HEAD_LENGTH = 16;
export const HEADS = EMBEDDING / HEAD_LENGTH;
export const FEED_FORWARD = 64;
/** How much attention and feed-forward add to the hidden state; small beside the token itself. */
export const NOISE = 0.002;
/** Tokens that follow each other in a circle. Each has a direction of its own in the embedding. */
export const CIRCLE = 60;
export const FIRST_TOKEN = 100;
/** The predicting layer is wrong after every seventh token. */
export const WRONG_EVERY = 7;
/** Length of a normed vector with a single element. */
export const NORMED = Math.sqrt(EMBEDDING);
/** Lead of the right token over all others, in logits. */
const LEAD = 16;

export const u32 = (value: number): GgufValue => ({ type: 'u32', value });

/** The sizes of a model under the name of its architecture, and its vocabulary. */
export function circleMetadata(
  architecture: string,
  layers: number,
  more: Readonly<Record<string, GgufValue>>,
): Record<string, GgufValue> {
  const vocabulary = vocabularyWith(defaultWords);
  const own = {
    context_length: u32(512),
    embedding_length: u32(EMBEDDING),
    block_count: u32(layers),
    feed_forward_length: u32(FEED_FORWARD),
    'rope.dimension_count': u32(HEAD_LENGTH),
    'attention.head_count': u32(HEADS),
    'attention.head_count_kv': u32(HEADS),
    'attention.key_length': u32(HEAD_LENGTH),
    'attention.value_length': u32(HEAD_LENGTH),
    'attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-5 } as const,
    ...more,
  };
  return {
    'general.architecture': { type: 'string', value: architecture },
    'general.type': { type: 'string', value: 'model' },
    'general.file_type': u32(0),
    ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`${architecture}.${key}`, value])),
    'tokenizer.ggml.model': { type: 'string', value: 'llama' },
    'tokenizer.ggml.tokens': listOf(
      'string',
      vocabulary.map(({ text }) => text),
    ),
    'tokenizer.ggml.scores': listOf(
      'f32',
      vocabulary.map(({ score }) => score),
    ),
    'tokenizer.ggml.token_type': listOf(
      'i32',
      vocabulary.map(({ type }) => type),
    ),
    'tokenizer.ggml.unknown_token_id': u32(0),
    'tokenizer.ggml.bos_token_id': u32(1),
    'tokenizer.ggml.eos_token_id': u32(2),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: true },
    'tokenizer.ggml.add_space_prefix': { type: 'bool', value: false },
  };
}

/** Number of tokens in the vocabulary. */
export const circleWords = vocabularyWith(defaultWords).length;

/** The tokens that the model writes after one of the circle. */
export function circleFrom(token: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => FIRST_TOKEN + ((place(token) + 1 + index) % CIRCLE));
}

/** The place of a token in the circle. Tokens outside the circle count as one of it. */
function place(token: number): number {
  return (((token - FIRST_TOKEN) % CIRCLE) + CIRCLE) % CIRCLE;
}

/** Makes tensors; the random ones are always the same. */
export function circleTensors() {
  const random = seededRandom(3);
  const tensor = (name: string, shape: number[], value: (index: number) => number): TensorContent => {
    const length = shape.reduce((product, size) => product * size, 1);
    const data = new Uint8Array(Float32Array.from({ length }, (_, index) => value(index)).buffer);
    return { name, shape, type: F32, data };
  };
  const weights = (name: string, scale: number, ...shape: number[]) =>
    tensor(name, shape, () => (random() - 0.5) * scale);
  const ones = (name: string, length = EMBEDDING) => tensor(name, [length], () => 1);
  /** A matrix by its row and column. */
  const matrix = (
    name: string,
    [width, height]: [number, number],
    value: (row: number, column: number) => number,
  ) => tensor(name, [width, height], (index) => value(Math.floor(index / width), index % width));
  return { tensor, weights, ones, matrix };
}

/** The token embeddings, and the output matrix that turns the hidden state of a token into the next one. */
export function circleEnds({ matrix }: Pick<ReturnType<typeof circleTensors>, 'matrix'>): TensorContent[] {
  return [
    matrix('token_embd.weight', [EMBEDDING, circleWords], (token, element) =>
      element === place(token) ? 1 : 0,
    ),
    matrix('output.weight', [EMBEDDING, circleWords], outputValue),
  ];
}

/** An element of the output matrix. */
export function outputValue(token: number, element: number): number {
  const isInCircle = token >= FIRST_TOKEN && token < FIRST_TOKEN + CIRCLE;
  return isInCircle && (element + 1) % CIRCLE === place(token) ? LEAD / NORMED : 0;
}
