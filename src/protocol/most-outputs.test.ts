import { describe, expect, it } from 'vitest';
import { mostOutputs } from './most-outputs.ts';

const MB = 1e6;

describe('mostOutputs', () => {
  it('has room for the longest drafts where their logits are small beside the weights', () => {
    expect(mostOutputs(1, 49_152, 98 * MB)).toBe(64);
    expect(mostOutputs(1, 152_000, 1100 * MB)).toBe(64);
  });

  it('has room for shorter drafts in a small model with a large vocabulary', () => {
    expect(mostOutputs(1, 262_144, 240 * MB)).toBe(32);
    expect(mostOutputs(1, 262_144, 10 * MB)).toBe(16);
  });

  it('always has room for one token per slot', () => {
    expect(mostOutputs(128, 262_144, 10 * MB)).toBe(128);
  });
});
