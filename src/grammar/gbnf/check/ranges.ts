import type { Ranges } from './grammar-writer.ts';

/** The greatest code point. */
export const LAST_CODE_POINT = 0x10_ff_ff;
/** Tokens are points beyond the code points, because no character matches a token. */
export const FIRST_TOKEN = LAST_CODE_POINT + 1;
/** Far more tokens than any vocabulary has. */
export const LAST_TOKEN = FIRST_TOKEN + 0xff_ff_ff;

/** Sorts ranges and joins those that touch. */
export function normalized(ranges: Ranges): Ranges {
  const joined: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((left, right) => left[0] - right[0])) {
    if (last < first) continue;
    const previous = joined.at(-1);
    if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

/** Everything from `low` to `high` outside of the ranges, which must be normalized. */
export function without(ranges: Ranges, low: number, high: number): Ranges {
  const rest: [number, number][] = [];
  let next = low;
  for (const [first, last] of ranges) {
    if (first > next) rest.push([next, first - 1]);
    next = Math.max(next, last + 1);
  }
  if (next <= high) rest.push([next, high]);
  return rest;
}

/** @param ranges normalized */
export function contains(ranges: Ranges, point: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = ranges[middle] ?? [0, -1];
    if (point < first) high = middle - 1;
    else if (point > last) low = middle + 1;
    else return true;
  }
  return false;
}
