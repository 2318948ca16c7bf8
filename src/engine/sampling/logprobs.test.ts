import { describe, expect, it } from 'vitest';
import { rankTokens } from './logprobs.ts';

describe('rankTokens', () => {
  it('gives log probabilities that sum to one', () => {
    const logits = Float32Array.from([1, 2, 3, -4]);
    const { top } = rankTokens(logits, 0, 4);
    expect(top.map((entry) => entry.token)).toEqual([2, 1, 0, 3]);
    expect(top.reduce((sum, entry) => sum + Math.exp(entry.logprob), 0)).toBeCloseTo(1, 6);
  });

  it('agrees with sorting the whole vocabulary', () => {
    let state = 7;
    const logits = Float32Array.from({ length: 500 }, () => {
      state = (state * 48271) % 2147483647;
      return (state % 1000) / 50;
    });
    const sorted = [...logits].sort((a, b) => b - a).slice(0, 20);
    const { top } = rankTokens(logits, 3, 20);
    expect(top.map((entry) => logits[entry.token])).toEqual(sorted);
  });

  it('stays finite for logits that would overflow exp', () => {
    const { chosen } = rankTokens(Float32Array.from([5000, 4999]), 1, 0);
    expect(chosen.logprob).toBeCloseTo(Math.log(1 / (1 + Math.E)), 5);
  });

  it('computes the same sum in one pass as in two, whatever the order of the logits', () => {
    const rising = Float32Array.from({ length: 3000 }, (_, index) => index / 60 - 25);
    const highest = Math.max(...rising);
    const total = highest + Math.log(rising.reduce((sum, logit) => sum + Math.exp(logit - highest), 0));
    for (const logits of [rising, Float32Array.from(rising).reverse()]) {
      expect(rankTokens(logits, 7, 0).chosen.logprob).toBeCloseTo((logits[7] ?? 0) - total, 6);
    }
  });

  it('puts the first of equal tokens in front, and leaves out impossible tokens', () => {
    const logits = Float32Array.from([Number.NEGATIVE_INFINITY, 1, 2, 1, 2]);
    expect(rankTokens(logits, 1, 3).top.map((entry) => entry.token)).toEqual([2, 4, 1]);
    expect(rankTokens(logits, 1, 20).top.map((entry) => entry.token)).toEqual([2, 4, 1, 3]);
  });
});
