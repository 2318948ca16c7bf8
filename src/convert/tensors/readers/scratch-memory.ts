import { KIB } from '../../../base/units.ts';

/** Large enough that calls cost little beside the work, small enough for the cache of a processor. */
export const SCRATCH_BYTES = 256 * KIB;

/** Lends pieces of memory of one size, and keeps those that come back. */
export class ScratchMemory {
  readonly #free: Uint8Array[] = [];

  /** Runs `work` with a piece of `SCRATCH_BYTES` whose content is arbitrary. */
  with<Result>(work: (piece: Uint8Array) => Result): Result {
    const piece = this.#free.pop() ?? new Uint8Array(SCRATCH_BYTES);
    try {
      return work(piece);
    } finally {
      this.#free.push(piece);
    }
  }
}
