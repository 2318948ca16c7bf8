import { describe, expect, it } from 'vitest';
import { decodeFloats, encodeFloats } from './float-text.ts';

describe('floats as text', () => {
  it('are decoded bit by bit as they were encoded', () => {
    const values = Float32Array.of(0, -0, 1 / 3, -1e-38, 3.4e38, Infinity, NaN);
    expect(decodeFloats(encodeFloats(values))).toEqual(values);
    expect(decodeFloats(encodeFloats(values.subarray(2, 4)))).toEqual(values.slice(2, 4));
    expect(decodeFloats('')).toHaveLength(0);
  });

  it('are little-endian', () => {
    expect(encodeFloats(Float32Array.of(1))).toBe('AACAPw==');
  });

  it('ignore bytes that do not make a whole float', () => {
    expect(decodeFloats('AACAPwE=')).toEqual(Float32Array.of(1));
  });
});
