import { expect, it } from 'vitest';
import { sharedPrefixes } from './shared-prefixes.ts';

const holding = (tokens: readonly number[], salt = '') => ({ tokens, salt });

it('finds for each holding the longest beginning that another one has', () => {
  const holdings = [[1, 2, 3, 4], [1, 2, 9], [], [1, 2, 3, 5], [7]].map((tokens) => holding(tokens));
  expect(sharedPrefixes(holdings)).toEqual([3, 2, 0, 3, 0]);
});

it('does not compare holdings under different salts', () => {
  expect(sharedPrefixes([holding([1, 2]), holding([1, 2], 'a'), holding([1, 2], 'a')])).toEqual([0, 2, 2]);
});

it('stops when it has compared enough', () => {
  const long = Array.from({ length: 1000 }, () => 1);
  expect(sharedPrefixes([holding(long), holding(long), holding(long)], 10)).toEqual([10, 10, 0]);
});
