import type { TensorFacts } from '../describe-tensor-data.ts';
import type { RowCasts } from '../row-casts.ts';
import type { FileRanges } from './file-ranges.ts';
import type { ScratchMemory } from './scratch-memory.ts';
import type { TileMemory } from './tile-memory.ts';

/** Reads the elements of a tensor in the order of its shape, whatever it is made from. */
export interface ElementReader extends TensorFacts {
  /**
   * Fills the start of `target` with `count` elements from number `start`. Both are multiples of the type's block.
   * @param target begins at a multiple of the element's size, so that it can be seen as numbers
   * @throws OllamaError `invalid-request` when a file is shorter than its header says; system errors
   */
  read(start: number, count: number, target: Uint8Array): void;
}

/** What all readers share: it bounds their memory, however large tensors are and however trees are nested. */
export interface ReaderParts {
  readonly files: FileRanges;
  readonly casts: RowCasts;
  readonly scratch: ScratchMemory;
  readonly tile: TileMemory;
}
