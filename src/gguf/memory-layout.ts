import { type BlockKind, blockKind } from './block-kind.ts';
import { type Metadata, metadataNumber, metadataText } from './metadata.ts';
import type { GgufFile, GgufTensor } from './types.ts';

/** llama.cpp's LLAMA_MAX_LAYERS. The engine rejects files with more, so blocks beyond it are not listed. */
const MAX_BLOCKS = 512;

const blockPattern = /^blk\.(\d{1,9})\.(.+)$/;
/** The tensors that the engine can keep on the CPU (`engine/native/expert-overrides.ts`). */
const expertPattern = /^ffn_(up|down|gate|gate_up)_(ch)?exps\./;

/** Where a model's weights are, block by block, and what the blocks compute. Bounded whatever the file contains. */
export interface MemoryLayout {
  /** The distinct kinds of blocks; most models have one or two. */
  readonly kinds: readonly BlockKind[];
  /** Index in `kinds` of each block. */
  readonly blocks: readonly number[];
  /** Bytes of each block's tensors. */
  readonly layerWeightBytes: readonly number[];
  /** The part of them that is experts, of which each token uses a few. */
  readonly layerExpertBytes: readonly number[];
  /** Bytes of the largest tensor with experts. */
  readonly largestExpertBytes: number;
  /** Bytes of the norm and the matrix after the last block. Without that matrix, the token embeddings count instead. */
  readonly outputBytes: number;
  /** Bytes of all other tensors: token embeddings and tables, which stay on the CPU. */
  readonly inputBytes: number;
  /** The model attends in both directions and keeps nothing between calls. */
  readonly isEncoder: boolean;
}

/** Encoders that llama.cpp gives no KV cache (`llama_model::create_memory`); the metadata does not identify them. */
const encoders = /bert|^gemma-embedding$/;

/** Never throws; a file without blocks has an empty list. */
export function memoryLayout({ metadata, tensors }: GgufFile): MemoryLayout {
  const architecture = metadataText(metadata, 'general.architecture') ?? 'unknown';
  const known = new Map<string, readonly number[]>();
  const numbers = (key: string) => {
    const values = known.get(key) ?? naturalNumbers(metadata, `${architecture}.${key}`);
    known.set(key, values);
    return values;
  };
  const number = (key: string) => numbers(key)[0];
  const groups = groupTensors(tensors);
  const count = Math.min(MAX_BLOCKS, groups.blocks.length, number('block_count') ?? 0);
  const kinds: BlockKind[] = [];
  const places = new Map<string, number>();
  const blocks = Array.from({ length: count }, (_, index) => {
    const shapes = groups.blocks[index]?.shapes ?? new Map<string, readonly number[]>();
    const kind = blockKind({ architecture, number, numbers, index, count, shapes });
    const key = JSON.stringify(kind);
    const place = places.get(key) ?? kinds.push(kind) - 1;
    places.set(key, place);
    return place;
  });
  return {
    kinds,
    blocks,
    layerWeightBytes: Array.from({ length: count }, (_, index) => groups.blocks[index]?.bytes ?? 0),
    layerExpertBytes: Array.from({ length: count }, (_, index) => groups.blocks[index]?.expertBytes ?? 0),
    largestExpertBytes: groups.largestExpertBytes,
    ...sharedBytes(groups),
    isEncoder: encoders.test(architecture),
  };
}

/** The numbers under a key, one or many. Flags count as 0 and 1, invalid values as 0. */
function naturalNumbers(metadata: Metadata, key: string): number[] {
  const entry = metadata.get(key);
  if (entry?.type !== 'array') {
    const single = metadataNumber(metadata, key);
    return single === undefined ? [] : [Math.max(0, single)];
  }
  return (entry.value.values ?? []).map((value) => {
    const number = Number(value);
    return Number.isSafeInteger(number) ? Math.max(0, number) : 0;
  });
}

interface BlockTensors {
  bytes: number;
  expertBytes: number;
  readonly shapes: Map<string, readonly number[]>;
}

interface Groups {
  readonly blocks: BlockTensors[];
  readonly largestExpertBytes: number;
  /** Bytes of all tensors outside the blocks, by name. */
  readonly others: ReadonlyMap<string, number>;
}

function groupTensors(tensors: readonly GgufTensor[]): Groups {
  const blocks: Groups['blocks'] = [];
  const others = new Map<string, number>();
  let largestExpertBytes = 0;
  for (const { name, shape, byteSize } of tensors) {
    const [, digits, part = ''] = blockPattern.exec(name) ?? [];
    const index = Number(digits ?? Number.NaN);
    if (!(index < MAX_BLOCKS)) {
      others.set(name, byteSize);
      continue;
    }
    while (blocks.length <= index) blocks.push({ bytes: 0, expertBytes: 0, shapes: new Map() });
    const block = blocks[index];
    if (!block) continue;
    block.bytes += byteSize;
    block.shapes.set(part, shape);
    if (!expertPattern.test(part)) continue;
    block.expertBytes += byteSize;
    largestExpertBytes = Math.max(largestExpertBytes, byteSize);
  }
  return { blocks, largestExpertBytes, others };
}

function sharedBytes({ others }: Groups): Pick<MemoryLayout, 'outputBytes' | 'inputBytes'> {
  let outputBytes = 0;
  let inputBytes = 0;
  for (const [name, bytes] of others) {
    if (/^output(_norm)?\./.test(name)) outputBytes += bytes;
    else inputBytes += bytes;
  }
  // A GPU that computes the output needs its own copy of a shared matrix.
  if (!others.has('output.weight')) outputBytes += others.get('token_embd.weight') ?? 0;
  return { outputBytes, inputBytes };
}
