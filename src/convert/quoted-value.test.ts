import { expect, it } from 'vitest';
import { quotedValue } from './quoted-value.ts';

it('quotes what is short, and only names what may be large or nested without end', () => {
  expect(['a\nb', 1.5, null, true, undefined].map(quotedValue)).toEqual([
    '"a\\nb"',
    '1.5',
    'null',
    'true',
    'nothing',
  ]);
  expect(quotedValue('x'.repeat(500))).toBe(`"${'x'.repeat(99)}…`);
  const levels = 500_000;
  expect(quotedValue(JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`))).toBe('a list');
  expect(quotedValue(JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`))).toBe('an object');
});
