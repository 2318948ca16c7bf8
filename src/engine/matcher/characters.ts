/** Terminals of a grammar, applied to whole and to unfinished characters as llama.cpp does. */
import type { Ranges } from '../../grammar/gbnf/check/grammar-writer.ts';
import { contains } from '../../grammar/gbnf/check/ranges.ts';
import type { Characters } from './grammar-program.ts';

const BITS_PER_BYTE = 6;
/** Where nothing is known but the length of the spelling, the least code point that needs it, by the bytes missing. */
const shortest: Readonly<Record<number, number>> = { 2: 0x800, 3: 0x1_00_00 };

export function matches({ ranges, isNegated }: Characters, codePoint: number): boolean {
  return contains(ranges, codePoint) !== isNegated;
}

/**
 * Whether an unfinished character may become one that matches. Like llama.cpp, it says no for a negated terminal that
 * excludes only some of the characters that are still possible.
 * @param value what its bytes have contributed so far
 * @param remaining number of bytes that are missing, 1 to 3
 */
export function matchesUnfinished(characters: Characters, value: number, remaining: number): boolean {
  if (isOverlong(value, remaining)) return false;
  const { low, high } = reach(value, remaining);
  return (
    overlaps(characters.ranges, low > 0 ? low : (shortest[remaining] ?? 0), high) !== characters.isNegated
  );
}

/** @param ranges in order and apart from each other */
export function overlaps(ranges: Ranges, low: number, high: number): boolean {
  let from = 0;
  let to = ranges.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((ranges[middle]?.[1] ?? 0) < low) from = middle + 1;
    else to = middle;
  }
  const first = ranges[from]?.[0];
  return first !== undefined && first <= high;
}

/** Whether only a spelling longer than necessary can follow, for an ASCII character. */
function isOverlong(value: number, remaining: number): boolean {
  return remaining === 1 && value < 2;
}

/** Bounds of the code points that an unfinished character may become. */
export function reach(value: number, remaining: number): { readonly low: number; readonly high: number } {
  const low = value * 2 ** (remaining * BITS_PER_BYTE);
  return { low, high: low + 2 ** (remaining * BITS_PER_BYTE) - 1 };
}

/**
 * The alphabet of a grammar: characters that all of its terminals treat alike have one number.
 */
export class Alphabet {
  /** The first code point of each class, in order. */
  readonly #starts: Uint32Array;
  readonly #ascii = new Uint16Array(128);

  constructor(terminals: readonly Characters[]) {
    const starts = new Set([0]);
    for (const { ranges } of terminals) {
      for (const [first, last] of ranges) {
        starts.add(first);
        starts.add(last + 1);
      }
    }
    this.#starts = Uint32Array.from(starts).sort();
    for (let codePoint = 0; codePoint < this.#ascii.length; codePoint++) {
      this.#ascii[codePoint] = this.#search(codePoint);
    }
  }

  classOf(codePoint: number): number {
    return this.#ascii[codePoint] ?? this.#search(codePoint);
  }

  /** The first character of a class. */
  firstOf(index: number): number {
    return this.#starts[index] ?? 0;
  }

  #search(codePoint: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= codePoint) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
