import { expect, it } from 'vitest';
import { graphemeWidth } from './text-width.ts';

it.each([
  ['a', 1],
  ['é', 1],
  ['e\u0301', 1],
  ['漢', 2],
  ['한', 2],
  ['\u1112\u1161\u11ab', 2],
  ['क\u093f', 2],
  ['\u0301', 0],
  ['\u200b', 0],
  ['😀', 2],
  ['👩‍👩‍👧', 2],
  ['🇩🇪', 2],
  ['❤\ufe0f', 2],
  ['Ａ', 2],
  ['ｱ', 1],
])('%s takes %d columns', (grapheme, width) => {
  expect(graphemeWidth(grapheme)).toBe(width);
});
