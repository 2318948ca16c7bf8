import { describe, expect, it } from 'vitest';
import { limitedBytes } from './memory-pools.ts';

describe('limitedBytes', () => {
  it('is the available memory if there is no limit', () => {
    expect(limitedBytes(1000, Number.POSITIVE_INFINITY, 5000)).toBe(1000);
  });

  it('is at most the part of the limit that the loaded models leave', () => {
    expect(limitedBytes(1000, 800, 300)).toBe(500);
    expect(limitedBytes(400, 800, 300)).toBe(400);
  });

  it('is 0, not negative, if the models exceed the limit', () => {
    expect(limitedBytes(1000, 800, 900)).toBe(0);
    expect(limitedBytes(0, 800, 0)).toBe(0);
  });
});
