import { expect, it } from 'vitest';
import { linesOf, numbersOf, textsOf } from './text-lines.ts';

it('texts come back from their lines, whatever is in them', () => {
  const texts = ['a b', '\n', '\\n', 'tab\there', '\r\n', ' '];
  expect(linesOf(texts).split('\n')).toHaveLength(texts.length);
  expect(textsOf(linesOf(texts))).toEqual(texts);
});

it('empty lines are no texts', () => {
  expect(textsOf('a\n\nb\n')).toEqual(['a', 'b']);
});

it('numbers stand between commas or blanks', () => {
  expect(numbersOf('1, 0.5\n-2')).toEqual([1, 0.5, -2]);
  expect(numbersOf('')).toEqual([]);
  expect(numbersOf('1, x')).toBeUndefined();
});
