import { describe, expect, it } from 'vitest';
import {
  CHUNK_TOKENS,
  FIRST_CHUNK_TOKENS,
  fixedChunk,
  floorTo,
  groupCalls,
  MIN_CHUNK_TOKENS,
  OLDEST_SHARE,
  PREFILL_STEP_MS,
  planPrefill,
  SHARED_STEP_MS,
  type StepDemand,
} from './step-plan.ts';

const plan = (overrides: Partial<StepDemand>) =>
  Object.fromEntries(
    planPrefill({ decoding: 0, decodeMs: 0, prefilling: [], batchSize: 512, prefillRate: 1, ...overrides }),
  );

const prompt = (slot: number, remaining: number, computed = 0) => ({ slot, computed, remaining });

describe('planPrefill', () => {
  it('keeps the step short while streams decode, including their own call', () => {
    const shares = plan({ decoding: 3, decodeMs: 50, prefilling: [prompt(1, 1000)] });
    expect(shares).toEqual({ 1: floorTo(SHARED_STEP_MS - 50, CHUNK_TOKENS) });
  });

  it('keeps the step short while several prompts wait, so that the last does not hold up the first', () => {
    const prefilling = [0, 1, 2].map((slot) => prompt(slot, 150));
    expect(plan({ prefilling })).toEqual({ 0: 128, 1: 64, 2: 8 });
  });

  it('uses the whole batch for a single prompt on a fast machine', () => {
    expect(plan({ prefilling: [prompt(2, 5000)], prefillRate: 100 })).toEqual({ 2: 512 });
  });

  it('limits the step of a single prompt on a slow machine', () => {
    expect(plan({ prefilling: [prompt(2, 5000)], prefillRate: 0.2 })).toEqual({
      2: floorTo(0.2 * PREFILL_STEP_MS, CHUNK_TOKENS),
    });
  });

  it('gives a single prompt a whole chunk where that takes some seconds, and a part of one on slower machines', () => {
    const prefilling = [prompt(2, 5000)];
    expect(plan({ prefilling, prefillRate: 0.03 })).toEqual({ 2: CHUNK_TOKENS });
    expect(plan({ prefilling, prefillRate: 0.007 })).toEqual({ 2: 20 });
  });

  it('gives a short prompt behind a long one all it needs immediately, and the long one the rest', () => {
    const prefilling = [prompt(0, 5000), prompt(1, 20)];
    expect(plan({ prefilling, batchSize: 400, prefillRate: 10 })).toEqual({ 0: 320, 1: 20 });
  });

  it('never starves a long prompt, however many short ones keep arriving', () => {
    const shorts = Array.from({ length: 50 }, (_, index) => prompt(index + 1, 30));
    expect(plan({ prefilling: [prompt(0, 5000), ...shorts] })[0]).toBe(CHUNK_TOKENS);
    const slow = plan({ prefilling: [prompt(0, 5000), ...shorts], prefillRate: 0.01 });
    expect(slow[0]).toBe(MIN_CHUNK_TOKENS * OLDEST_SHARE);
  });

  it('starts with a small chunk before the speed is known, when a stream is decoding', () => {
    const prefilling = [prompt(1, 900)];
    expect(plan({ decoding: 1, prefilling, prefillRate: undefined })).toEqual({ 1: MIN_CHUNK_TOKENS });
    expect(plan({ prefilling, prefillRate: undefined })).toEqual({ 1: FIRST_CHUNK_TOKENS });
  });

  it('lets chunks end at the same places whatever the speed, and computes what is behind the last apart', () => {
    for (const prefillRate of [0.1, 0.2, 0.5, 1, 3, 10]) {
      let computed = 0;
      while (computed < 300) {
        const share = plan({ prefilling: [prompt(0, 300 - computed, computed)], prefillRate })[0] ?? 0;
        computed += share;
        expect(computed % CHUNK_TOKENS === 0 || (computed === 300 && share === 300 % CHUNK_TOKENS)).toBe(
          true,
        );
      }
    }
  });

  it('goes on from a place in the middle to where chunks end', () => {
    expect(plan({ prefilling: [prompt(0, 1000, 70)] })).toEqual({ 0: 9 * CHUNK_TOKENS - 70 });
    expect(plan({ prefilling: [prompt(0, 20, 70)] })).toEqual({ 0: 20 });
  });

  it('always goes on, however small the batch', () => {
    for (const batchSize of [1, 2, 3, 5]) {
      for (const computed of [0, 1, 63, 64]) {
        const share = plan({ prefilling: [prompt(0, 100, computed)], batchSize })[0] ?? 0;
        expect(share).toBeGreaterThan(0);
        expect(share).toBeLessThanOrEqual(batchSize);
      }
    }
  });

  it('never exceeds the batch, nor what a prompt still needs', () => {
    for (let prompts = 1; prompts <= 8; prompts++) {
      for (const batchSize of [8, 17, 64]) {
        const prefilling = Array.from({ length: prompts }, (_, slot) =>
          prompt(slot, 1 + slot * 13, slot * 7),
        );
        const shares = plan({ decoding: 2, prefilling, batchSize, prefillRate: 50 });
        const total = Object.values(shares).reduce((sum, tokens) => sum + tokens, 0);
        expect(total).toBeLessThanOrEqual(batchSize - 2);
        for (const { slot, remaining } of prefilling) {
          expect(shares[slot] ?? 0).toBeLessThanOrEqual(remaining);
        }
      }
    }
  });

  it('gives prompts nothing when the batch is full of decoding streams', () => {
    expect(plan({ decoding: 8, batchSize: 8, prefilling: [prompt(9, 10)] })).toEqual({});
  });
});

describe('fixedChunk', () => {
  it('goes to the next multiple, or to the end', () => {
    expect(fixedChunk(0, 1000, 512)).toBe(CHUNK_TOKENS);
    expect(fixedChunk(70, 1000, 512)).toBe(128 - 70);
    expect(fixedChunk(128, 9, 512)).toBe(9);
  });

  it('halves the chunk until it fits into the batch', () => {
    expect(fixedChunk(0, 1000, 63)).toBe(32);
    expect(fixedChunk(0, 1000, 1)).toBe(1);
  });
});

describe('groupCalls', () => {
  const part = (id: number, tokens: number, isAlone = false) => ({ id, tokens, isAlone });
  const calls = (...parts: ReturnType<typeof part>[]) =>
    groupCalls(parts, 128).map((call) => call.map(({ id }) => id));

  it('puts equally long parts into one call, in their order', () => {
    expect(calls(part(0, 1), part(1, 64), part(2, 1), part(3, 20), part(4, 64))).toEqual([
      [0, 2],
      [1, 4],
      [3],
    ]);
  });

  it('gives a part that must not depend on others its own call', () => {
    expect(calls(part(0, 1), part(1, 1, true), part(2, 1), part(3, 1, true))).toEqual([[0, 2], [1], [3]]);
  });

  it('puts no more tokens into a call than a batch has room for', () => {
    const forced = [0, 1, 2, 3, 4].map((id) => part(id, 60));
    expect(calls(...forced)).toEqual([[0, 1], [2, 3], [4]]);
    expect(calls(part(0, 200), part(1, 200))).toEqual([[0], [1]]);
  });
});
