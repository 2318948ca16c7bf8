import { expect, it } from 'vitest';
import { numberText } from './number-text.ts';

it.each([
  [0, '0'],
  [8192, '8192'],
  [999_999, '999999'],
  [1_000_000, '1e+06'],
  [1_048_576, '1.048576e+06'],
  [134_515_008, '1.34515008e+08'],
  [-2.5e7, '-2.5e+07'],
  [1.5, '1.5'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
])('writes %f as Go does: %s', (value, text) => {
  expect(numberText(value)).toBe(text);
});
