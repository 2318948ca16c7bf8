import { describe, expect, it } from 'vitest';
import { ANSWER_RESERVE, type GrowthLimits, grownContext, longestContext } from './context-growth.ts';

const limits = (changes: Partial<GrowthLimits> = {}): GrowthLimits => ({
  loaded: 2048,
  longest: 131_072,
  fits: () => true,
  ...changes,
});
const upTo = (most: number) => limits({ fits: (length) => length <= most });
const need = (promptTokens: number, answerTokens?: number) => ({ promptTokens, answerTokens });

describe('the context for a prompt', () => {
  it.each([
    [2047, undefined, undefined],
    [2048, undefined, 4096],
    [19_000, undefined, 32_768],
    [32_768 - ANSWER_RESERVE, undefined, 32_768],
    [32_769 - ANSWER_RESERVE, undefined, 65_536],
    [19_000, 32_000, 65_536],
    [19_000, 0, 32_768],
    [4095, 1, 4096],
    [4096, 1, 8192],
  ])('of %i tokens with an answer of %s is %s', (promptTokens, answerTokens, expected) => {
    expect(grownContext(need(promptTokens, answerTokens), limits())).toBe(expected);
  });

  it('is at most what the model was trained for, even if the prompt must then be cut', () => {
    expect(grownContext(need(7000), limits({ longest: 8000 }))).toBe(8000);
    expect(grownContext(need(19_000), limits({ longest: 8192 }))).toBe(8192);
    expect(grownContext(need(19_000), limits({ longest: 8192, loaded: 8192 }))).toBeUndefined();
    expect(grownContext(need(19_000), limits({ longest: 0 }))).toBeUndefined();
  });

  it('is no more than prompt and answer need where the memory is too short for a power of two', () => {
    expect(grownContext(need(19_000, 1000), upTo(22_000))).toBe(20_224);
  });

  it('is as long as memory allows where prompt and answer do not fit, and never shorter than the loaded one', () => {
    expect(grownContext(need(19_000), upTo(16_384))).toBe(16_384);
    expect(grownContext(need(19_000), upTo(5000))).toBe(4096);
    expect(grownContext(need(19_000), upTo(2048))).toBeUndefined();
    expect(grownContext(need(19_000), { ...upTo(5000), loaded: 4096 })).toBeUndefined();
  });
});

describe('the longest context', () => {
  it('is what is allowed if it fits into memory, and a half of it as often as needed otherwise', () => {
    expect(longestContext(limits())).toBe(131_072);
    expect(longestContext(upTo(40_000))).toBe(32_768);
    expect(longestContext(upTo(2000))).toBe(2048);
    expect(longestContext(limits({ longest: 1000 }))).toBe(2048);
  });

  it('holds every context that a prompt then gets', () => {
    for (const most of [3000, 5000, 20_000, 131_072]) {
      for (const promptTokens of [2048, 5000, 30_000, 200_000]) {
        const longest = longestContext(upTo(most));
        const cut = Math.min(promptTokens, longest - 1);
        const grown = grownContext(need(cut), upTo(most)) ?? 2048;
        expect(grown).toBeGreaterThan(Math.min(cut, 2047));
        expect(grown).toBeLessThanOrEqual(most);
      }
    }
  });
});
