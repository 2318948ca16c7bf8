import { describe, expect, it } from 'vitest';
import { DraftAcceptance } from './draft-acceptance.ts';

const lengths = [3, 4, 6, 9, 16, 32, 100];

describe('DraftAcceptance', () => {
  it('expects at first that a longer match is likelier to go on', () => {
    const acceptance = new DraftAcceptance();
    const probabilities = lengths.map((matched) => acceptance.probability(matched));
    expect(probabilities).toEqual([...probabilities].sort((left, right) => left - right));
    expect(probabilities[0]).toBe(0.5);
    expect(probabilities.at(-1)).toBeGreaterThan(0.98);
  });

  it('learns for each length of match by itself: the keys of records repeat, and the values behind them do not', () => {
    const acceptance = new DraftAcceptance();
    for (let record = 0; record < 20; record++) {
      for (const matched of [3, 4, 5]) acceptance.observe(matched, true);
      acceptance.observe(6, false);
    }
    expect(acceptance.probability(3)).toBeGreaterThan(0.9);
    expect(acceptance.probability(5)).toBeGreaterThan(0.9);
    expect(acceptance.probability(6)).toBeLessThan(0.3);
    expect(acceptance.probability(9)).toBe(new DraftAcceptance().probability(9));
  });

  it('expects 1 + p + p² + … tokens, each p by the length that the match would have', () => {
    const acceptance = new DraftAcceptance();
    const p3 = acceptance.probability(3);
    const p4 = acceptance.probability(4);
    expect(acceptance.expectedTokens(3, 3)).toEqual([
      1,
      1 + p3,
      1 + p3 + p3 * p4,
      1 + p3 + p3 * p4 + p3 * p4 * p4,
    ]);
  });

  it('forgets what a text was like before', () => {
    const acceptance = new DraftAcceptance();
    for (let time = 0; time < 1000; time++) acceptance.observe(10, true);
    for (let time = 0; time < 100; time++) acceptance.observe(10, false);
    expect(acceptance.probability(10)).toBeLessThan(0.2);
  });
});
