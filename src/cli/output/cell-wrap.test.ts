import { expect, it } from 'vitest';
import { wrapCell } from './cell-wrap.ts';

it.each([
  ['short', 30, ['short']],
  ['', 30, ['']],
  ['two  blanks stay', 30, ['two  blanks stay']],
  ['aaa bb cc ddddd', 6, ['aaa', 'bb cc', 'ddddd']],
  ['one two three four five six seven', 12, ['one two', 'three four', 'five six', 'seven']],
  ['a averyverylongword b', 5, ['a', 'averyverylongword', 'b']],
])('%j in %i columns', (text, limit, lines) => {
  expect(wrapCell(text, limit)).toEqual(lines);
});

it('wraps a very long text in linear time', () => {
  const words = Array.from({ length: 50_000 }, (_, index) => `word${index}`).join(' ');
  const lines = wrapCell(words, 100);
  expect(lines.join(' ')).toBe(words);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
});
