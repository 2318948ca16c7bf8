import { expect, it } from 'vitest';
import { longestRun } from './long-runs.ts';

it.each([
  ['', 0],
  ['ab12é漢 ', 6],
  ['a \t\n b', 4],
  ['!?-=x', 4],
  ['ab cde f', 3],
  // Each emoji has two units, and a half counts as what comes before it.
  ['x😀😀', 5],
  ['e\u0301e\u0301', 4],
])('counts the longest run of one kind of characters in %j', (text, longest) => {
  expect(longestRun(text)).toBe(longest);
});
