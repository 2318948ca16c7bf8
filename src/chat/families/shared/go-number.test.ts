import { describe, expect, it } from 'vitest';
import { goFloatText, goNumberText } from './go-number.ts';

describe('numbers as Go prints them', () => {
  it.each([
    [0, '0'],
    [123456, '123456'],
    [-999999.5, '-999999.5'],
    [1e6, '1e+06'],
    [1234567, '1.234567e+06'],
    [2 ** 31, '2.147483648e+09'],
    [0.0001, '0.0001'],
    [1.5e-7, '1.5e-07'],
    [1e100, '1e+100'],
  ])('%d, a float64', (value, text) => {
    expect(goFloatText(value)).toBe(text);
  });

  it.each([
    [1234567, '1234567'],
    [-(2 ** 31), '-2147483648'],
    [1234567.5, '1.2345675e+06'],
    [1e20, '1e+20'],
  ])('%d, as an integer if possible', (value, text) => {
    expect(goNumberText(value)).toBe(text);
  });
});
