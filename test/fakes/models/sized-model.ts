/**
 * Models of many architectures in any size: they need as much memory as real ones, but their output means nothing. They
 * are filled with zeros, or with random numbers where the output must depend on the text.
 */
import type { GgufValue } from '../../../src/gguf/types.ts';
import { listOf, type TensorContent, writeGguf } from '../../../src/gguf/writer.ts';
import { seededRandom } from '../random/seeded-random.ts';
import { vocabularyWith } from './random-model.ts';
import { type ArchitectureParts, type SizedArchitecture, sizedArchitectures } from './sized-architectures.ts';

export interface ModelSizes {
  readonly layers: number;
  readonly embedding: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headLength: number;
  readonly feedForward: number;
  /** Number of tokens. */
  readonly vocabulary: number;
  readonly contextLength: number;
}

export interface SizedModelOptions extends Partial<ModelSizes> {
  readonly architecture: SizedArchitecture;
  /** Type of the matrices; vectors are always F32. */
  readonly type?: keyof typeof types;
  /** Fills the tensors with random numbers, which need the type F32; absent = zeros. */
  readonly seed?: number;
  /** Factor of the logits of a random model; the larger it is, the likelier is the likeliest token. */
  readonly sharpness?: number;
  /** Added to the weights of a random model: up to this much. The model then often agrees with one without. */
  readonly noise?: number;
  /** Texts of tokens that are never split: the last ones of the vocabulary. */
  readonly marks?: readonly string[];
  /** Adds an output matrix to an architecture whose output shares the token embeddings. */
  readonly hasOutput?: boolean;
  readonly metadata?: Readonly<Record<string, GgufValue>>;
}

/** A tensor's name and its number of elements in each dimension. */
export type SizedTensor = readonly [name: string, ...shape: number[]];

/** `ggml_type` numbers, bytes per block and elements per block. */
const types = {
  F32: { number: 0, bytes: 4, elements: 1 },
  F16: { number: 1, bytes: 2, elements: 1 },
  Q4_0: { number: 2, bytes: 18, elements: 32 },
  Q8_0: { number: 8, bytes: 34, elements: 32 },
} as const;

const NOISE_SEED = 77;

const defaultSizes: ModelSizes = {
  layers: 4,
  embedding: 256,
  heads: 4,
  kvHeads: 2,
  headLength: 64,
  feedForward: 768,
  vocabulary: 2000,
  contextLength: 65_536,
};

/** Vectors, and the small matrices that llama.cpp requires in full precision. */
const fullPrecision = /norm|bias|ssm_(conv1d|a$|d$|x|dt)|shortconv\.conv|gate_inp|sinks/;

export async function writeSizedModel(path: string, options: SizedModelOptions): Promise<void> {
  const { architecture, type = 'F32', metadata = {}, seed, sharpness = 1, noise = 0, ...others } = options;
  const { marks = [], hasOutput = false, ...given } = others;
  const sizes = { ...defaultSizes, ...given };
  const { layer, outer = [], own = {} }: ArchitectureParts = sizedArchitectures[architecture](sizes);
  const { embedding, layers, vocabulary } = sizes;
  const shapes: SizedTensor[] = [
    ['token_embd.weight', embedding, vocabulary],
    ...Array.from({ length: layers }, (_, index) => layer(index).map(inBlock(index))).flat(),
    ...(outer.length > 0 ? outer : ([['output_norm.weight', embedding]] as const)),
    ...(hasOutput ? ([['output.weight', embedding, vocabulary]] as const) : []),
  ];
  await writeGguf(path, {
    metadata: { ...metadataOf(architecture, sizes, own), ...vocabularyOf(vocabulary, marks), ...metadata },
    tensors: shapes.map(
      seed === undefined
        ? (shape) => zeros(shape, type)
        : randomTensors(seededRandom(seed), sharpness, noise),
    ),
  });
}

/** Scales, and the decay of states, which must be negative, keep a fixed value. */
function randomTensors(
  random: () => number,
  sharpness: number,
  noise: number,
): (tensor: SizedTensor) => TensorContent {
  const disturb = seededRandom(NOISE_SEED);
  const next = (name: string): (() => number) => {
    if (/norm/.test(name)) return /^output_norm|^token_embd_norm/.test(name) ? () => sharpness : () => 1;
    return /ssm_a$/.test(name) ? () => -0.1 : () => (random() - 0.5) * 0.5 + (disturb() - 0.5) * 2 * noise;
  };
  return ([name, ...shape]) => {
    const length = shape.reduce((product, size) => product * size, 1);
    const data = new Uint8Array(Float32Array.from({ length }, next(name)).buffer);
    return { name, shape, type: types.F32.number, data };
  };
}

function inBlock(index: number): (tensor: SizedTensor) => SizedTensor {
  return ([name, ...shape]) => [`blk.${index}.${name}`, ...shape];
}

function zeros([name, ...shape]: SizedTensor, wanted: keyof typeof types): TensorContent {
  const type = types[shape.length === 1 || fullPrecision.test(name) ? 'F32' : wanted];
  const elements = shape.reduce((product, length) => product * length, 1);
  return { name, shape, type: type.number, data: new Uint8Array((elements / type.elements) * type.bytes) };
}

function metadataOf(
  architecture: string,
  sizes: ModelSizes,
  own: Readonly<Record<string, number | readonly number[]>>,
): Record<string, GgufValue> {
  const values: Record<string, number | readonly number[]> = {
    context_length: sizes.contextLength,
    embedding_length: sizes.embedding,
    block_count: sizes.layers,
    feed_forward_length: sizes.feedForward,
    'attention.head_count': sizes.heads,
    'attention.head_count_kv': sizes.kvHeads,
    'attention.key_length': sizes.headLength,
    'attention.value_length': sizes.headLength,
    'rope.dimension_count': sizes.headLength,
    ...own,
  };
  const named = Object.entries(values).map(([key, value]) => [`${architecture}.${key}`, numbers(value)]);
  return {
    'general.architecture': { type: 'string', value: architecture },
    'general.type': { type: 'string', value: 'model' },
    ...Object.fromEntries(named),
    [`${architecture}.attention.layer_norm_rms_epsilon`]: { type: 'f32', value: 1e-5 },
    [`${architecture}.attention.layer_norm_epsilon`]: { type: 'f32', value: 1e-5 },
  };
}

function numbers(value: number | readonly number[]): GgufValue {
  return typeof value === 'number' ? { type: 'u32', value } : listOf('i32', value);
}

/** llama.cpp's `LLAMA_TOKEN_TYPE_USER_DEFINED`. */
const USER_DEFINED = 4;

function vocabularyOf(size: number, marks: readonly string[]): Record<string, GgufValue> {
  const control = vocabularyWith([]).length + marks.length;
  const words = Array.from({ length: size - control }, (_, index) => `word${index}`);
  const tokens = [...vocabularyWith(words), ...marks.map((text) => ({ text, score: 0, type: USER_DEFINED }))];
  return {
    'tokenizer.ggml.model': { type: 'string', value: 'llama' },
    'tokenizer.ggml.tokens': listOf(
      'string',
      tokens.map(({ text }) => text),
    ),
    'tokenizer.ggml.scores': listOf(
      'f32',
      tokens.map(({ score }) => score),
    ),
    'tokenizer.ggml.token_type': listOf(
      'i32',
      tokens.map(({ type }) => type),
    ),
    'tokenizer.ggml.bos_token_id': { type: 'u32', value: 1 },
    'tokenizer.ggml.eos_token_id': { type: 'u32', value: 2 },
  };
}
