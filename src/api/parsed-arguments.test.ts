import { expect, it } from 'vitest';
import { NestedJson } from './json-body.ts';
import { parsedArguments } from './parsed-arguments.ts';

it.each([
  [undefined, {}],
  ['', {}],
  ['{"a": 1}', { a: 1 }],
  [{ a: 1 }, { a: 1 }],
  ['{"a": ', '{"a": '],
  ['[1]', '[1]'],
  ['ls -l', 'ls -l'],
  [[1, 'x'], '[1,"x"]'],
  [5, '5'],
])('takes objects and text, and keeps text that is not a JSON object: %j', (given, expected) => {
  expect(parsedArguments(given, new NestedJson())).toEqual(expected);
});

it('keeps text that is nested too deeply to be parsed', () => {
  const text = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  expect(parsedArguments(text, new NestedJson())).toBe(text);
});
