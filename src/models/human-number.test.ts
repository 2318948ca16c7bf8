import { expect, it } from 'vitest';
import { humanNumber } from './human-number.ts';

it.each([
  [64, '64'],
  [22_700, '23K'],
  [134_515_008, '134.52M'],
  [270_000_000, '270M'],
  [1_235_814_432, '1.2B'],
  [7_000_000_000, '7B'],
  [8_030_261_248, '8.0B'],
])('writes %d as %s', (count, text) => {
  expect(humanNumber(count)).toBe(text);
});
