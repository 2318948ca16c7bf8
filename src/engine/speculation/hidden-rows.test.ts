import { expect, it } from 'vitest';
import { HiddenRows } from './hidden-rows.ts';

/** Rows of two values: the position and its token. */
const rows = (from: number, tokens: number[]) =>
  new HiddenRows(from, tokens, Float32Array.from(tokens.flatMap((token, index) => [from + index, token])));

it('finds the row of a position, as long as the text agrees up to there', () => {
  const some = rows(2, [7, 8, 9]);
  const text = [5, 6, 7, 8, 1];
  expect([...(some.at(2, text) ?? [])]).toEqual([2, 7]);
  expect([...(some.at(3, text) ?? [])]).toEqual([3, 8]);
  expect(some.at(4, text)).toBeUndefined();
  expect(some.at(1, text)).toBeUndefined();
  expect(some.at(5, text)).toBeUndefined();
});

it('takes over the row before its first one, and no more', () => {
  const text = [5, 6, 7, 8, 9];
  const joined = rows(3, [8, 9]).after(rows(1, [6, 7]), text);
  expect(joined.from).toBe(2);
  expect([2, 3, 4].map((position) => [...(joined.at(position, text) ?? [])])).toEqual([
    [2, 7],
    [3, 8],
    [4, 9],
  ]);
});

it('begins again where the earlier rows end elsewhere or belong to another text', () => {
  const text = [5, 6, 7, 8, 9];
  expect(rows(4, [9]).after(rows(1, [6, 7]), text).from).toBe(4);
  expect(rows(3, [8]).after(rows(1, [6, 0]), text).from).toBe(3);
  expect(rows(3, [8]).after(undefined, text).from).toBe(3);
});
