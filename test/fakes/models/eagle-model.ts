import type { GgufValue } from '../../../src/gguf/types.ts';
import { listOf, type TensorContent, writeGguf } from '../../../src/gguf/writer.ts';
import {
  CIRCLE,
  circleEnds,
  circleMetadata,
  circleTensors,
  EMBEDDING,
  FEED_FORWARD,
  FIRST_TOKEN,
  HEAD_LENGTH,
  HEADS,
  NOISE,
  NORMED,
  outputValue,
  u32,
  WRONG_EVERY,
} from './circle-model.ts';

export interface EagleModelOptions {
  /** Whether it has a vocabulary of its own with a table of what its tokens are, as most published ones have. */
  readonly hasOwnVocabulary?: boolean;
  /**
   * Embedding length of the model that it drafts for. For another than its own, it has token embeddings of its own; what it
   * drafts then means nothing.
   */
  readonly targetWidth?: number;
  readonly metadata?: Readonly<Record<string, GgufValue>>;
}

const LAYERS = 4;
/** The layers whose inputs the EAGLE-3 model reads. */
const READ_LAYERS = [1, 2, 3];
/** `GGML_TYPE_I64`. */
const I64 = 27;

/** Writes a model of the llama architecture that counts in a circle of tokens. */
export async function writeEagleTarget(
  path: string,
  architecture: 'llama' | 'qwen3' = 'llama',
): Promise<void> {
  const { weights, ones, matrix } = circleTensors();
  const layer = (index: number) => [
    ...attention(index, EMBEDDING, weights),
    ...(architecture === 'qwen3'
      ? [
          ones(`blk.${index}.attn_q_norm.weight`, HEAD_LENGTH),
          ones(`blk.${index}.attn_k_norm.weight`, HEAD_LENGTH),
        ]
      : []),
    ones(`blk.${index}.attn_norm.weight`),
    ones(`blk.${index}.ffn_norm.weight`),
    weights(`blk.${index}.ffn_gate.weight`, 0.5, EMBEDDING, FEED_FORWARD),
    weights(`blk.${index}.ffn_up.weight`, 0.5, EMBEDDING, FEED_FORWARD),
    weights(`blk.${index}.ffn_down.weight`, NOISE, FEED_FORWARD, EMBEDDING),
  ];
  await writeGguf(path, {
    metadata: circleMetadata(architecture, LAYERS, {}),
    tensors: [
      ...circleEnds({ matrix }),
      ...Array.from({ length: LAYERS }, (_, index) => layer(index)).flat(),
      ones('output_norm.weight'),
    ],
  });
}

/**
 * Writes an EAGLE-3 model for that. It derives the next token from the inputs of three layers at the position before alone,
 * so it is right only if it gets those of the right position, and its own hidden state afterwards.
 */
export async function writeEagleModel(
  path: string,
  { hasOwnVocabulary = false, targetWidth = EMBEDDING, metadata = {} }: EagleModelOptions = {},
): Promise<void> {
  const own = { target_layers: listOf('i32', READ_LAYERS), target_hidden_size: u32(targetWidth) };
  await writeGguf(path, {
    metadata: { ...circleMetadata('eagle3', 1, own), ...metadata },
    tensors: eagleTensors(hasOwnVocabulary, targetWidth),
  });
}

function eagleTensors(hasOwnVocabulary: boolean, targetWidth: number): TensorContent[] {
  const { weights, ones, matrix } = circleTensors();
  /** What the gated units of the feed-forward part yield for a normed vector with a single element. */
  const unit = (NORMED * NORMED) / (1 + Math.exp(-NORMED));
  const identity = (row: number, column: number) => (row === column ? 1 : 0);
  /** Replaces the hidden state of one token by that of the next. */
  const advance = (row: number, column: number) => {
    if (column >= CIRCLE) return 0;
    const step = column % WRONG_EVERY === 0 ? 2 : 1;
    return ((row === (column + step) % CIRCLE ? 1 : 0) - identity(row, column)) / unit;
  };
  return [
    matrix('fc.weight', [READ_LAYERS.length * targetWidth, EMBEDDING], (row, column) =>
      row === column % targetWidth ? 1 / READ_LAYERS.length : 0,
    ),
    ...attention(0, 2 * EMBEDDING, weights),
    ...['attn_norm', 'attn_norm_2', 'ffn_norm'].map((name) => ones(`blk.0.${name}.weight`)),
    matrix('blk.0.ffn_gate.weight', [EMBEDDING, FEED_FORWARD], identity),
    matrix('blk.0.ffn_up.weight', [EMBEDDING, FEED_FORWARD], identity),
    matrix('blk.0.ffn_down.weight', [FEED_FORWARD, EMBEDDING], advance),
    ones('output_norm.weight'),
    ...(hasOwnVocabulary ? ownVocabulary(matrix) : []),
    ...circleEnds({ matrix }).filter(
      ({ name }) => targetWidth !== EMBEDDING && name.startsWith('token_embd'),
    ),
  ];
}

/** An output matrix for the tokens of the circle alone, and the table of what they are. */
function ownVocabulary(matrix: ReturnType<typeof circleTensors>['matrix']): TensorContent[] {
  const tokens = BigInt64Array.from({ length: CIRCLE }, (_, index) => BigInt(FIRST_TOKEN + index));
  return [
    matrix('output.weight', [EMBEDDING, CIRCLE], (row, column) => outputValue(FIRST_TOKEN + row, column)),
    { name: 'd2t', shape: [CIRCLE], type: I64, data: new Uint8Array(tokens.buffer) },
  ];
}

function attention(
  index: number,
  input: number,
  weights: ReturnType<typeof circleTensors>['weights'],
): TensorContent[] {
  const length = HEADS * HEAD_LENGTH;
  return [
    weights(`blk.${index}.attn_q.weight`, 0.5, input, length),
    weights(`blk.${index}.attn_k.weight`, 0.5, input, length),
    weights(`blk.${index}.attn_v.weight`, 0.5, input, length),
    weights(`blk.${index}.attn_output.weight`, NOISE, length, EMBEDDING),
  ];
}
