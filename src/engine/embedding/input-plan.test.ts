import { describe, expect, it } from 'vitest';
import { type PlanLimits, planInputs } from './input-plan.ts';

const whole: PlanLimits = { targetTokens: 100, inputs: 4, canSplit: false };
const splitting: PlanLimits = { ...whole, canSplit: true };
const waits = (id: number, lengths: readonly number[], isBegun = false) => ({ id, lengths, isBegun });
const plan = (limits: PlanLimits, ...waiting: ReturnType<typeof waits>[]) =>
  planInputs(waiting, limits).map(({ id, index, tokens }) => [id, index, tokens]);

describe('planInputs', () => {
  it('takes from each request in turn, so that a long list leaves room for a short one', () => {
    expect(plan(whole, waits(1, [10, 10, 10, 10, 10]), waits(2, [10]))).toEqual([
      [1, 0, 10],
      [2, 0, 10],
      [1, 1, 10],
      [1, 2, 10],
    ]);
  });

  it('stops at its target number of tokens, and keeps the order of the inputs of a request', () => {
    expect(plan(whole, waits(1, [60, 50, 10]), waits(2, [40, 1]))).toEqual([
      [1, 0, 60],
      [2, 0, 40],
    ]);
    expect(plan(whole, waits(1, [60, 50, 10]), waits(2, [30, 5]))).toEqual([
      [1, 0, 60],
      [2, 0, 30],
      [2, 1, 5],
    ]);
  });

  it('gives an input larger than a step a step of its own, in its turn', () => {
    expect(plan(whole, waits(1, [250, 10]), waits(2, [5]))).toEqual([[1, 0, 250]]);
    expect(plan(whole, waits(2, [5]), waits(1, [250, 10]))).toEqual([[2, 0, 5]]);
  });

  it('splits a large input where the model supports it, and continues with it', () => {
    expect(plan(splitting, waits(2, [5, 5]), waits(1, [250, 10]))).toEqual([
      [2, 0, 5],
      [1, 0, 95],
    ]);
    expect(plan(splitting, waits(2, [5]), waits(1, [155, 10], true))).toEqual([
      [2, 0, 5],
      [1, 0, 95],
    ]);
    expect(plan(splitting, waits(1, [60, 10], true))).toEqual([
      [1, 0, 60],
      [1, 1, 10],
    ]);
  });

  it('splits one input at a time, and none that fits into a step', () => {
    expect(plan(splitting, waits(3, [300]), waits(1, [20], true), waits(2, [300]))).toEqual([[1, 0, 20]]);
    expect(plan(splitting, waits(3, [50]), waits(2, [80]))).toEqual([[3, 0, 50]]);
  });

  it('finishes every list in a few steps, whatever the lengths', () => {
    let lengths = Array.from({ length: 50 }, (_, index) => 1 + ((index * 37) % 120));
    let steps = 0;
    while (lengths.length > 0 && steps < 100) {
      const planned = planInputs([waits(1, lengths)], whole);
      expect(planned.map(({ index }) => index)).toEqual(planned.map((_, index) => index));
      lengths = lengths.slice(planned.length);
      steps += 1;
    }
    expect(lengths).toEqual([]);
  });

  it('plans nothing without inputs', () => {
    expect(plan(whole)).toEqual([]);
    expect(plan(whole, waits(1, []))).toEqual([]);
  });
});
