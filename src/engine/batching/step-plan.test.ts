import { describe, expect, it } from 'vitest';
import {
  FIRST_CHUNK_TOKENS,
  MIN_CHUNK_TOKENS,
  OLDEST_SHARE,
  PREFILL_STEP_MS,
  planPrefill,
  SHARED_STEP_MS,
  type StepDemand,
} from './step-plan.ts';

const plan = (overrides: Partial<StepDemand>) =>
  Object.fromEntries(
    planPrefill({ decoding: 0, prefilling: [], batchSize: 512, prefillRate: 1, ...overrides }),
  );

describe('planPrefill', () => {
  it('keeps the step short while streams decode, including their own tokens', () => {
    const shares = plan({ decoding: 3, prefilling: [{ slot: 1, remaining: 1000 }] });
    expect(shares).toEqual({ 1: SHARED_STEP_MS - 3 });
  });

  it('keeps the step short while several prompts wait, so that the last does not hold up the first', () => {
    const prefilling = [0, 1, 2].map((slot) => ({ slot, remaining: 150 }));
    expect(plan({ prefilling })).toEqual({ 0: 150, 1: SHARED_STEP_MS - 150 });
  });

  it('uses the whole batch for a single prompt on a fast machine', () => {
    expect(plan({ prefilling: [{ slot: 2, remaining: 5000 }], prefillRate: 100 })).toEqual({ 2: 512 });
  });

  it('limits the step of a single prompt on a slow machine', () => {
    const shares = plan({ prefilling: [{ slot: 2, remaining: 5000 }], prefillRate: 0.1 });
    expect(shares).toEqual({ 2: 0.1 * PREFILL_STEP_MS });
  });

  it('gives a short prompt behind a long one all it needs immediately, and the long one the rest', () => {
    const prefilling = [
      { slot: 0, remaining: 5000 },
      { slot: 1, remaining: 20 },
    ];
    expect(plan({ prefilling, batchSize: 400, prefillRate: 10 })).toEqual({ 0: 380, 1: 20 });
  });

  it('never starves a long prompt, however many short ones keep arriving', () => {
    const shorts = Array.from({ length: 50 }, (_, index) => ({ slot: index + 1, remaining: 30 }));
    const shares = plan({ prefilling: [{ slot: 0, remaining: 5000 }, ...shorts] });
    expect(shares[0]).toBe(SHARED_STEP_MS * OLDEST_SHARE);
  });

  it('starts with a small chunk before the speed is known, when a stream is decoding', () => {
    const prefilling = [{ slot: 1, remaining: 900 }];
    expect(plan({ decoding: 1, prefilling, prefillRate: undefined })).toEqual({ 1: MIN_CHUNK_TOKENS });
    expect(plan({ prefilling, prefillRate: undefined })).toEqual({ 1: FIRST_CHUNK_TOKENS });
  });

  it('never exceeds the batch, nor what a prompt still needs', () => {
    for (let prompts = 1; prompts <= 8; prompts++) {
      for (const batchSize of [8, 17, 64]) {
        const prefilling = Array.from({ length: prompts }, (_, slot) => ({ slot, remaining: 1 + slot * 13 }));
        const shares = plan({ decoding: 2, prefilling, batchSize, prefillRate: 50 });
        const total = Object.values(shares).reduce((sum, tokens) => sum + tokens, 0);
        const needed = prefilling.reduce((sum, { remaining }) => sum + remaining, 0);
        expect(total).toBe(Math.min(batchSize - 2, needed));
        for (const { slot, remaining } of prefilling) {
          expect(shares[slot] ?? 0).toBeLessThanOrEqual(remaining);
        }
      }
    }
  });

  it('gives prompts nothing when the batch is full of decoding streams', () => {
    expect(plan({ decoding: 8, batchSize: 8, prefilling: [{ slot: 9, remaining: 10 }] })).toEqual({});
  });
});
