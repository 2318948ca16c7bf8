import type { BlockKind } from '../../gguf/block-kind.ts';
import type { ContextShape } from './context-shape.ts';

/** Bytes of one KV element; quantized types hold 32 elements and a 16-bit scale per block. */
const kvElementBytes = { f16: 2, q8_0: 34 / 32, q4_0: 18 / 32 } as const;
const FLOAT_BYTES = 4;

/**
 * Bytes of keys and values that a block keeps: for every cell of every stream, whether or not its attention has a window,
 * because the engine keeps the whole context (`swa_full`) to be able to return to an earlier position.
 * @param widest length of the longest values of all blocks; without flash attention, every block gets room for them
 */
export function kvBytes({ attention }: BlockKind, shape: ContextShape, widest: number): number {
  if (!attention || attention.keyLength === 0) return 0;
  const values = shape.flashAttention || attention.latent ? attention.valueLength : widest;
  const elements = (attention.keyLength + values) * shape.cells * shape.streams;
  return Math.ceil(elements * kvElementBytes[shape.kvCacheType]);
}

/** Bytes of a block's recurrent state and its copies, which do not grow with the context and are never quantized. */
export function stateBytes({ recurrent }: BlockKind, { sequences, snapshots }: ContextShape): number {
  if (!recurrent) return 0;
  return (recurrent.convolutionState + recurrent.scanState) * sequences * (1 + snapshots) * FLOAT_BYTES;
}
