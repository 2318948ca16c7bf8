import type { Holding } from './slot.ts';

/**
 * Comparisons of tokens that one look at the slots may take: about a millisecond. The figures are for people who watch, so
 * that what is left over may count as not shared.
 */
const MOST_COMPARISONS = 500_000;

/**
 * The number of tokens at the beginning of each holding that another one holds as well, under the same salt.
 * @param most maximum number of tokens that are compared
 */
export function sharedPrefixes(
  holdings: readonly Pick<Holding, 'tokens' | 'salt'>[],
  most = MOST_COMPARISONS,
): number[] {
  const shared = holdings.map(() => 0);
  let left = most;
  for (const [index, one] of holdings.entries()) {
    for (let at = index + 1; at < holdings.length && left > 0; at++) {
      const other = holdings[at];
      if (!other || other.salt !== one.salt) continue;
      const length = commonLength(one.tokens, other.tokens, left);
      left -= length + 1;
      shared[index] = Math.max(shared[index] ?? 0, length);
      shared[at] = Math.max(shared[at] ?? 0, length);
    }
  }
  return shared;
}

function commonLength(one: readonly number[], other: readonly number[], most: number): number {
  const end = Math.min(one.length, other.length, most);
  let length = 0;
  while (length < end && one[length] === other[length]) length++;
  return length;
}
