import { describe, expect, it } from 'vitest';
import { DecodeCost } from './decode-cost.ts';

const SINGLE_MS = 10;

function measured(sizes: readonly number[], relative: (tokens: number) => number): DecodeCost {
  const cost = new DecodeCost();
  cost.record(1, SINGLE_MS);
  for (let times = 0; times < 50; times++) {
    for (const tokens of sizes) cost.record(tokens, SINGLE_MS * relative(tokens));
  }
  return cost;
}

describe('DecodeCost', () => {
  it('measures in units of a decode of one token', () => {
    const cost = measured([4, 16], (tokens) => tokens / 2);
    expect(cost.relative(1)).toBe(1);
    expect(cost.relative(4)).toBeCloseTo(2);
    expect(cost.relative(16)).toBeCloseTo(8);
    expect(cost.expectedMs(16)).toBeCloseTo(80);
  });

  it('interpolates between measured sizes', () => {
    const cost = measured([4, 16], (tokens) => tokens / 2);
    expect(cost.relative(2)).toBeCloseTo(1 + 1 / 3);
    expect(cost.relative(8)).toBeCloseTo(4);
  });

  it('carries what it learnt over to larger sizes, a little below it, so that they are tried', () => {
    const cheap = measured([4], (tokens) => 1 + 0.03 * (tokens - 1));
    expect(cheap.relative(64)).toBeGreaterThan(2);
    expect(cheap.relative(64)).toBeLessThan(1 + 0.03 * 63);
    const dear = measured([4], (tokens) => tokens);
    expect(dear.relative(16)).toBeGreaterThan(12);
    expect(dear.relative(16)).toBeLessThan(16);
  });

  it('assumes that the last token of a batch costs no more than the first ones', () => {
    // The second token is dear, as with the kernels for a single token of a CPU.
    const cost = measured([4, 8], (tokens) => 2 + 0.25 * tokens);
    expect(cost.relative(16)).toBeLessThan(6);
  });

  it('doubts the first measurement of a size, which may include allocations', () => {
    const cost = new DecodeCost();
    cost.record(1, SINGLE_MS);
    const guess = cost.relative(8);
    cost.record(8, 10_000);
    const doubted = cost.relative(8);
    expect(doubted).toBeGreaterThan(guess);
    expect(doubted).toBeLessThan(2 * guess);
    for (let times = 0; times < 30; times++) cost.record(8, 5 * SINGLE_MS);
    expect(cost.relative(8)).toBeCloseTo(5, 1);
  });

  it('trusts an estimate less with each decision that does not use it, and an expensive one longer', () => {
    const cost = measured([4, 64], (tokens) => tokens);
    for (let times = 0; times < 700; times++) cost.fade();
    expect(cost.relative(4)).toBeLessThan(2.6);
    expect(cost.relative(64)).toBeGreaterThan(60);
  });

  it('reports how wide a gap is worth closing', () => {
    const padding = (marginal: number) =>
      measured([4, 8, 16], (tokens) => 1 + marginal * (tokens - 1)).mostPadding;
    expect(padding(0.55)).toBe(0);
    expect(padding(0.28)).toBe(2);
    expect(padding(0.052)).toBe(18);
  });
});
