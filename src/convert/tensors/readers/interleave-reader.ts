import { bytesOf, elementCount } from '../element-type.ts';
import { copyStrided } from './copy-strided.ts';
import type { ElementReader } from './element-reader.ts';
import { SCRATCH_BYTES, type ScratchMemory } from './scratch-memory.ts';

/**
 * Reads the rows of each head so that those of its first and second half take turns: row 2j is row j of the head, and row
 * 2j + 1 is row j of its second half.
 */
export class InterleaveReader implements ElementReader {
  readonly shape;
  readonly type;
  readonly #of: ElementReader;
  readonly #scratch: ScratchMemory;
  /** Elements of a row. */
  readonly #row: number;
  /** Rows of half a head. */
  readonly #half: number;

  constructor(of: ElementReader, heads: number, scratch: ScratchMemory) {
    this.shape = of.shape;
    this.type = of.type;
    this.#of = of;
    this.#scratch = scratch;
    this.#row = elementCount(of.shape.slice(1));
    this.#half = (of.shape[0] ?? 0) / heads / 2;
  }

  read(start: number, count: number, target: Uint8Array): void {
    for (let done = 0; done < count; ) {
      const rest = target.subarray(bytesOf(this.type, done));
      done += this.#readSome(start + done, count - done, rest);
    }
  }

  /** @returns how many elements were read */
  #readSome(start: number, count: number, target: Uint8Array): number {
    const row = Math.floor(start / this.#row);
    const inRow = start - row * this.#row;
    const pairs = inRow === 0 && row % 2 === 0 ? this.#pairsFrom(row, count) : 0;
    if (pairs > 0) {
      this.#weave(row, pairs, target);
      return 2 * pairs * this.#row;
    }
    const length = Math.min(count, this.#row - inRow);
    this.#of.read(this.#sourceRow(row) * this.#row + inRow, length, target);
    return length;
  }

  /** Pairs of rows that can be read at once. */
  #pairsFrom(row: number, count: number): number {
    const wanted = Math.floor(count / this.#row / 2);
    const inHead = this.#half - (row % (2 * this.#half)) / 2;
    const inScratch = Math.floor(SCRATCH_BYTES / bytesOf(this.type, this.#row));
    return Math.min(wanted, inHead, inScratch);
  }

  /** Reads rows of one half, then of the other, and puts them into every second row. */
  #weave(row: number, pairs: number, target: Uint8Array): void {
    const width = bytesOf(this.type, this.#row);
    const place = { width, count: pairs, fromStart: 0, fromStride: width, toStride: 2 * width };
    for (const half of [0, 1])
      this.#scratch.with((from) => {
        this.#of.read(this.#sourceRow(row + half) * this.#row, pairs * this.#row, from);
        copyStrided({ ...place, from, to: target, toStart: half * width });
      });
  }

  #sourceRow(row: number): number {
    const inHead = row % (2 * this.#half);
    return row - inHead + (inHead % 2) * this.#half + Math.floor(inHead / 2);
  }
}
