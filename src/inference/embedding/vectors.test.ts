import { describe, expect, it } from 'vitest';
import { isFiniteVector, normalize, shorten, toShortNumbers } from './vectors.ts';

describe('vectors', () => {
  it('are scaled to length 1', () => {
    expect(normalize(Float32Array.of(3, 4))).toEqual(Float32Array.of(0.6, 0.8));
    expect(Math.hypot(...normalize(Float32Array.of(3e30, 4e30)))).toBeCloseTo(1, 6);
    expect(normalize(Float32Array.of(0, 0))).toEqual(Float32Array.of(0, 0));
  });

  it('are shortened and scaled to length 1 again', () => {
    const vector = normalize(Float32Array.of(3, 4, 12));
    expect([...shorten(vector, 2)].map((value) => value.toFixed(6))).toEqual(['0.600000', '0.800000']);
    for (const dimensions of [0, -1, 3, 4]) expect(shorten(vector, dimensions)).toBe(vector);
  });

  it('are checked for NaN and infinity', () => {
    expect(isFiniteVector(Float32Array.of(1, 3.4e38))).toBe(true);
    expect(isFiniteVector(Float32Array.of(1, Number.NaN))).toBe(false);
    expect(isFiniteVector(Float32Array.of(-Infinity))).toBe(false);
  });

  it('are rounded to short numbers that parse to the same floats', () => {
    const vector = Float32Array.from(
      { length: 5000 },
      (_, index) => Math.sin(index) * 10 ** ((index % 70) - 36),
    );
    const numbers = toShortNumbers(vector);
    expect(Float32Array.from(JSON.parse(JSON.stringify(numbers)))).toEqual(vector);
    expect(toShortNumbers(Float32Array.of(0.1, -2))).toEqual([0.100000001, -2]);
  });
});
