import type { GgufValue } from '../../src/gguf/types.ts';
import { listOf, type TensorContent, writeGguf } from '../../src/gguf/writer.ts';
import { seededRandom } from '../fakes/random/seeded-random.ts';

/** A projector with random weights: small, with an odd number of heads, and of the shapes that its family has. */
export interface RandomProjector {
  readonly type: string;
  readonly imageSize: number;
  readonly patchSize: number;
  readonly width: number;
  readonly heads: number;
  readonly blocks: number;
  readonly feedForward: number;
  readonly rowWidth: number;
  /** Further keys below "clip.". */
  readonly keys?: Readonly<Record<string, GgufValue>>;
  /** Further tensors, and others for those of the usual tower; null leaves one out. */
  readonly tensors: Readonly<Record<string, readonly number[] | null>>;
  /** `ggml_type` of matrices; absent = F16. */
  readonly matrixType?: 0 | 1;
}

const F32 = 0;
const F16 = 1;
const EPS = 1e-6;

export const u32 = (value: number): GgufValue => ({ type: 'u32', value });
export const f32 = (value: number): GgufValue => ({ type: 'f32', value });
export const text = (value: string): GgufValue => ({ type: 'string', value });
export const flag = (value: boolean): GgufValue => ({ type: 'bool', value });

/** Leaves tensors of the usual tower out. */
export function without(...names: readonly string[]): Readonly<Record<string, null>> {
  return Object.fromEntries(names.map((name) => [name, null]));
}

/** Writes an mmproj file. Equal seeds give equal files. */
export async function writeRandomProjector(
  path: string,
  projector: RandomProjector,
  seed = 1,
): Promise<void> {
  const shapes = { ...towerShapes(projector), ...projector.tensors };
  const tensors = randomTensors(shapes, projector.matrixType ?? F16, seed);
  await writeGguf(path, { metadata: metadataOf(projector), tensors });
}

/** @param matrixType `ggml_type` of everything that is neither a vector nor a table */
export function randomTensors(
  shapes: Readonly<Record<string, readonly number[] | null>>,
  matrixType: 0 | 1,
  seed = 1,
): TensorContent[] {
  const random = seededRandom(seed);
  return Object.entries(shapes)
    .filter((entry): entry is [string, readonly number[]] => entry[1] !== null)
    .map(([name, shape]) => randomTensor(name, shape, matrixType, random));
}

function metadataOf(projector: RandomProjector): Record<string, GgufValue> {
  const further = Object.entries(projector.keys ?? {}).map(([key, value]) => [`clip.${key}`, value]);
  return {
    'general.architecture': text('clip'),
    'clip.has_vision_encoder': flag(true),
    'clip.projector_type': text(projector.type),
    'clip.use_gelu': flag(true),
    'clip.vision.image_size': u32(projector.imageSize),
    'clip.vision.patch_size': u32(projector.patchSize),
    'clip.vision.embedding_length': u32(projector.width),
    'clip.vision.feed_forward_length': u32(projector.feedForward),
    'clip.vision.projection_dim': u32(projector.rowWidth),
    'clip.vision.block_count': u32(projector.blocks),
    'clip.vision.attention.head_count': u32(projector.heads),
    'clip.vision.attention.layer_norm_epsilon': f32(EPS),
    'clip.vision.image_mean': listOf('f32', [0.5, 0.4, 0.6]),
    'clip.vision.image_std': listOf('f32', [0.5, 0.6, 0.4]),
    ...Object.fromEntries(further),
  };
}

/** The tensors of a usual tower: separate matrices with biases, layer norms, a table of positions. */
function towerShapes({ width, feedForward, blocks, imageSize, patchSize }: RandomProjector) {
  const patches = Math.floor(imageSize / patchSize) ** 2;
  const shapes: Record<string, readonly number[]> = {
    'v.patch_embd.weight': [patchSize, patchSize, 3, width],
    'v.patch_embd.bias': [width],
    'v.position_embd.weight': [width, patches],
    'v.post_ln.weight': [width],
    'v.post_ln.bias': [width],
  };
  for (let block = 0; block < blocks; block++) {
    const add = (name: string, shape: readonly number[]) => {
      shapes[`v.blk.${block}.${name}`] = shape;
    };
    for (const name of ['attn_q', 'attn_k', 'attn_v', 'attn_out']) {
      add(`${name}.weight`, [width, width]);
      add(`${name}.bias`, [width]);
    }
    for (const name of ['ln1', 'ln2']) {
      add(`${name}.weight`, [width]);
      add(`${name}.bias`, [width]);
    }
    add('ffn_up.weight', [width, feedForward]);
    add('ffn_up.bias', [feedForward]);
    add('ffn_down.weight', [feedForward, width]);
    add('ffn_down.bias', [width]);
  }
  return shapes;
}

/** Names of vectors around 1, as trained norms and scales have them. */
const scales = /norm.*weight$|ln\d?.*weight$|ls\d.*weight$|post_ln.weight$|pre_ln.weight$/;

function randomTensor(
  name: string,
  shape: readonly number[],
  matrixType: 0 | 1,
  random: () => number,
): TensorContent {
  const elements = shape.reduce((product, length) => product * length, 1);
  const isVector = shape.length === 1;
  // Values that keep the size of what passes through, so that the softmax has something to choose from.
  const spread = isVector ? 0.2 : 2 / Math.sqrt(elements / (shape.at(-1) ?? 1));
  const middle = scales.test(name) ? 1 : 0;
  const values = Float32Array.from({ length: elements }, () => middle + spread * (2 * random() - 1));
  // llama.cpp adds tables and special rows to floats, which must be floats as well.
  const type =
    isVector ||
    /bias$|conv_dw|position_embd|class_embd|token_embd|pos_embd|pos_[hw]|query$|boi|eoi/.test(name)
      ? F32
      : matrixType;
  return { name, shape, type, data: type === F32 ? bytesOf(values) : halves(values) };
}

function bytesOf(values: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** IEEE half precision of small, normal numbers; smaller ones become 0. */
function halves(values: Float32Array): Uint8Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const result = Uint16Array.from(words, (word) => {
    const exponent = ((word >>> 23) & 0xff) - 112;
    const sign = (word >>> 16) & 0x8000;
    if (exponent <= 0) return sign;
    return sign | ((exponent << 10) + ((word >>> 13) & 0x3ff));
  });
  return bytesOf(result);
}
