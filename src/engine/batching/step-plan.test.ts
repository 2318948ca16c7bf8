import { describe, expect, it } from 'vitest';
import {
  FIRST_CHUNK_TOKENS,
  MIN_CHUNK_TOKENS,
  PREFILL_STEP_MS,
  planPrefill,
  SHARED_STEP_MS,
  type StepDemand,
} from './step-plan.ts';

const demand = (overrides: Partial<StepDemand>): StepDemand => ({
  decoding: [],
  prefilling: [],
  batchSize: 512,
  prefillRate: 1,
  ...overrides,
});

describe('planPrefill', () => {
  it('keeps the step short while a stream decodes', () => {
    const plan = planPrefill(demand({ decoding: [0], prefilling: [{ slot: 1, remaining: 1000 }] }));
    expect(plan).toEqual([{ slot: 1, tokens: SHARED_STEP_MS }]);
  });

  it('uses the whole batch for a prompt alone on a fast machine', () => {
    const plan = planPrefill(demand({ prefilling: [{ slot: 2, remaining: 5000 }], prefillRate: 100 }));
    expect(plan).toEqual([{ slot: 2, tokens: 512 }]);
  });

  it('bounds the step of a prompt alone on a slow machine', () => {
    const plan = planPrefill(demand({ prefilling: [{ slot: 2, remaining: 5000 }], prefillRate: 0.1 }));
    expect(plan).toEqual([{ slot: 2, tokens: 0.1 * PREFILL_STEP_MS }]);
  });

  it('gives a short prompt behind a long one all it needs at once', () => {
    const prefilling = [
      { slot: 0, remaining: 5000 },
      { slot: 1, remaining: 20 },
    ];
    const plan = planPrefill(demand({ prefilling, batchSize: 400, prefillRate: 10 }));
    expect(plan).toEqual([
      { slot: 0, tokens: 380 },
      { slot: 1, tokens: 20 },
    ]);
  });

  it('starts with a small chunk before the speed is known, when somebody decodes', () => {
    const plan = planPrefill(
      demand({ decoding: [0], prefilling: [{ slot: 1, remaining: 900 }], prefillRate: undefined }),
    );
    expect(plan).toEqual([{ slot: 1, tokens: MIN_CHUNK_TOKENS }]);
    const alone = planPrefill(demand({ prefilling: [{ slot: 1, remaining: 900 }], prefillRate: undefined }));
    expect(alone).toEqual([{ slot: 1, tokens: FIRST_CHUNK_TOKENS }]);
  });

  it('never exceeds the batch, nor what a prompt still needs', () => {
    for (let prompts = 1; prompts <= 8; prompts++) {
      for (const batchSize of [8, 17, 64]) {
        const prefilling = Array.from({ length: prompts }, (_, slot) => ({ slot, remaining: 1 + slot * 13 }));
        const plan = planPrefill(demand({ decoding: [9], prefilling, batchSize, prefillRate: 50 }));
        const total = plan.reduce((sum, share) => sum + share.tokens, 0);
        const needed = prefilling.reduce((sum, prompt) => sum + prompt.remaining, 0);
        expect(total).toBe(Math.min(batchSize - 1, needed));
        for (const share of plan) expect(share.tokens).toBeLessThanOrEqual(1 + share.slot * 13);
      }
    }
  });

  it('leaves prompts for later when the batch is full of decoding sequences', () => {
    const decoding = Array.from({ length: 4 }, (_, slot) => slot);
    expect(planPrefill(demand({ decoding, prefilling: [{ slot: 5, remaining: 9 }], batchSize: 4 }))).toEqual(
      [],
    );
  });
});
