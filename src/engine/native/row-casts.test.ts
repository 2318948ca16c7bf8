import { describe, expect, it } from 'vitest';
import { seedFrom } from '../../../test/scale.ts';
import { loadRowCasts } from './row-casts.ts';

const casts = loadRowCasts();
const COUNT = 32 * 1024;

/** Bits of any 32-bit float that is a number, whatever its size. */
function randomFloats(seed: number): Float32Array {
  const bits = new Uint32Array(COUNT);
  let state = seed >>> 0 || 1;
  for (let index = 0; index < COUNT; index++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    state >>>= 0;
    bits[index] = state;
  }
  const floats = new Float32Array(bits.buffer);
  // Half of them of the size that weights have.
  return floats.map((value, index) =>
    index % 2 === 0 && Number.isFinite(value) ? value : ((bits[index] ?? 0) % 2001) / 1000 - 1,
  );
}

const floats = randomFloats(seedFrom(7));

/** Nearest F16 by its definition, ties to even. */
function halfOf(value: number): number {
  const sign = Object.is(value, -0) || value < 0 ? 0x8000 : 0;
  const size = Math.abs(value);
  const exponent = Math.max(Math.floor(Math.log2(size || 2 ** -30)), -14);
  const step = 2 ** (exponent - 10);
  const steps = Math.floor(size / step);
  const rest = size / step - steps;
  const rounded = steps + (rest > 0.5 || (rest === 0.5 && steps % 2 === 1) ? 1 : 0);
  return sign | Math.min((exponent + 14) * 1024 + rounded, 0x7c00);
}

describe('loadRowCasts', () => {
  it('rounds 32-bit floats to the nearest F16, ties to even', () => {
    const halves = new Uint16Array(COUNT);
    casts.f32ToF16(floats, halves, COUNT);
    expect([...halves]).toEqual([...floats].map(halfOf));
  });

  it('rounds 32-bit floats to the nearest BF16, ties to even, and keeps the smallest numbers', () => {
    const words = new Uint16Array(COUNT);
    casts.f32ToBf16(floats, words, COUNT);
    const bits = new Uint32Array(floats.buffer);
    const expected = [...bits].map((word) => ((word + 0x7fff + ((word >>> 16) & 1)) / 65_536) & 0xffff);
    expect([...words]).toEqual(expected);
  });

  it('widens each F16 and each BF16 exactly', () => {
    const every = Uint16Array.from({ length: 65_536 }, (_, word) => word);
    const [wide, back] = [new Float32Array(65_536), new Uint16Array(65_536)];
    casts.f16ToF32(every, wide, 65_536);
    const wrong = [...every].filter(
      (word) => Number.isFinite(wide[word]) && halfOf(wide[word] ?? 0) !== word,
    );
    expect(wrong).toEqual([]);
    casts.bf16ToF32(every, wide, 65_536);
    casts.f32ToBf16(wide, back, 65_536);
    expect([...back].filter((word, index) => !Number.isNaN(wide[index]) && word !== index)).toEqual([]);
  });

  it('makes the blocks of Q8_0 that llama.cpp defines: 127 steps to the largest value, halves away from zero', () => {
    const numbers = floats.map((value) => (Math.abs(value) < 1e30 && Math.abs(value) > 1e-30 ? value : 0));
    const blocks = new Uint8Array((COUNT / 32) * 34);
    casts.f32ToQ8(numbers, blocks, COUNT);
    const expected: number[] = [];
    for (let block = 0; block < COUNT / 32; block++) {
      const values = numbers.subarray(32 * block, 32 * block + 32);
      const scale = Math.fround(Math.max(...values.map(Math.abs)) / 127);
      const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
      const half = halfOf(scale);
      expected.push(half & 255, half >> 8);
      for (const value of values) {
        const steps = Math.fround(value * inverse);
        expected.push((Math.sign(steps) * Math.floor(Math.abs(steps) + 0.5)) & 255);
      }
    }
    expect([...blocks]).toEqual(expected);
  });
});
