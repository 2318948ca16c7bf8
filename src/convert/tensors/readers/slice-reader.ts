import { KIB } from '../../../base/units.ts';
import { bytesOf, elementCount } from '../element-type.ts';
import { copyStrided } from './copy-strided.ts';
import type { ElementReader } from './element-reader.ts';
import { SCRATCH_BYTES, type ScratchMemory } from './scratch-memory.ts';

export interface SliceRange {
  readonly axis: number;
  readonly start: number;
  readonly count: number;
  readonly step: number;
}

/** Pieces below this size are read together with what lies between them. */
const SMALL_PIECE = 8 * KIB;

/** Reads some of the elements of an axis: pieces at equal distances within each index of the axes before. */
export class SliceReader implements ElementReader {
  readonly shape;
  readonly type;
  readonly #of: ElementReader;
  readonly #scratch: ScratchMemory;
  /** Elements that lie together. */
  readonly #piece: number;
  /** Elements from one piece to the next. */
  readonly #distance: number;
  /** Pieces for one index of the axes before. */
  readonly #pieces: number;
  /** Elements of the source for one index of the axes before, and those before its first piece. */
  readonly #period: number;
  readonly #first: number;

  constructor(of: ElementReader, { axis, start, count, step }: SliceRange, scratch: ScratchMemory) {
    this.shape = of.shape.map((size, place) => (place === axis ? count : size));
    this.type = of.type;
    this.#of = of;
    this.#scratch = scratch;
    const inner = elementCount(of.shape.slice(axis + 1));
    this.#period = inner * (of.shape[axis] ?? 0);
    this.#first = inner * start;
    const isWhole = step === 1 || count === 1;
    this.#piece = isWhole ? inner * count : inner;
    this.#pieces = isWhole ? 1 : count;
    this.#distance = isWhole ? this.#period : inner * step;
  }

  read(start: number, count: number, target: Uint8Array): void {
    for (let done = 0; done < count; ) {
      const rest = target.subarray(bytesOf(this.type, done));
      done += this.#readSome(start + done, count - done, rest);
    }
  }

  /** @returns how many elements were read */
  #readSome(start: number, count: number, target: Uint8Array): number {
    const piece = Math.floor(start / this.#piece);
    const inPiece = start - piece * this.#piece;
    const together = inPiece === 0 ? this.#together(piece, Math.floor(count / this.#piece)) : 0;
    if (together > 1) {
      this.#gather(piece, together, target);
      return together * this.#piece;
    }
    const length = Math.min(count, this.#piece - inPiece);
    this.#of.read(this.#sourceOf(piece) + inPiece, length, target);
    return length;
  }

  /** How many of the wanted pieces are read at once. */
  #together(piece: number, wanted: number): number {
    if (bytesOf(this.type, this.#piece) >= SMALL_PIECE) return 1;
    const inPeriod = this.#pieces === 1 ? wanted : this.#pieces - (piece % this.#pieces);
    const inScratch = Math.floor(SCRATCH_BYTES / bytesOf(this.type, this.#distance));
    return Math.min(wanted, inPeriod, inScratch);
  }

  #gather(piece: number, count: number, target: Uint8Array): void {
    const width = bytesOf(this.type, this.#piece);
    const fromStride = bytesOf(this.type, this.#distance);
    this.#scratch.with((from) => {
      this.#of.read(this.#sourceOf(piece), (count - 1) * this.#distance + this.#piece, from);
      copyStrided({ width, count, from, fromStart: 0, fromStride, to: target, toStart: 0, toStride: width });
    });
  }

  /** First element of a piece in the source. */
  #sourceOf(piece: number): number {
    const outer = Math.floor(piece / this.#pieces);
    return outer * this.#period + this.#first + (piece - outer * this.#pieces) * this.#distance;
  }
}
