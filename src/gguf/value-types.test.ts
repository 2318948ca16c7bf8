import { describe, expect, it } from 'vitest';
import { fixedSizeTypes } from './value-types.ts';

function throughFloat(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  fixedSizeTypes.f32.write(view, 0, value, true);
  return Number(fixedSizeTypes.f32.read(view, 0, true));
}

describe('f32', () => {
  it.each([
    0,
    -0.5,
    1e-5,
    0.1,
    3.4028235e38,
    1.1754944e-38,
    16_777_216,
    Number.POSITIVE_INFINITY,
    Number.NaN,
  ])('reads %d without the digits that single precision adds', (value) => {
    expect(throughFloat(value)).toBe(value);
  });

  it('preserves every single-precision number exactly', () => {
    for (let exponent = -126; exponent < 127; exponent += 3) {
      const value = Math.fround(1.234_567_89 * 2 ** exponent);
      expect(Math.fround(throughFloat(value))).toBe(value);
    }
  });
});
