import { describe, expect, it } from 'vitest';
import { limitedBytes } from './memory-pools.ts';

describe('limitedBytes', () => {
  it('leaves what is available alone without a limit', () => {
    expect(limitedBytes(1000, Number.POSITIVE_INFINITY, 5000)).toBe(1000);
  });

  it('leaves no more than the loaded models do of the limit', () => {
    expect(limitedBytes(1000, 800, 300)).toBe(500);
    expect(limitedBytes(400, 800, 300)).toBe(400);
  });

  it('is nothing, not less, where the models are over the limit', () => {
    expect(limitedBytes(1000, 800, 900)).toBe(0);
    expect(limitedBytes(0, 800, 0)).toBe(0);
  });
});
