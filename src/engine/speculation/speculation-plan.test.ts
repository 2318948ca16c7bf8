import { describe, expect, it } from 'vitest';
import { DecodeCost } from '../batching/decode-cost.ts';
import { chooseDraft, fixedPlan, paysToCatchUp, type SpeculationDemand } from './speculation-plan.ts';

/** Costs of a context where each further token in a decode takes this share of the first. */
function costs(singleMs: number, marginal: number): DecodeCost {
  const cost = new DecodeCost();
  for (let tokens = 1; tokens <= 64; tokens++) cost.record(tokens, singleMs * (1 + marginal * (tokens - 1)));
  return cost;
}

const demand = (changes: Partial<SpeculationDemand> = {}): SpeculationDemand => ({
  decoding: 1,
  drafters: [{ acceptance: 0.8, most: 15 }],
  target: costs(10, 0.05),
  source: { cost: costs(1, 0.05), relativeCost: 0.1 },
  outputs: 16,
  ...changes,
});

describe('chooseDraft', () => {
  it('drafts more tokens the likelier they are right, and none where they are mostly wrong', () => {
    const lengthFor = (acceptance: number) =>
      chooseDraft(demand({ drafters: [{ acceptance, most: 15 }] })).length;
    const lengths = [0, 0.1, 0.5, 0.8, 0.95, 1].map(lengthFor);
    expect(lengths[0]).toBe(0);
    expect(lengths).toEqual([...lengths].sort((left, right) => left - right));
    expect(lengths.at(-1)).toBe(15);
  });

  it('drafts nothing with a draft model as slow as its target, or where a batch costs as much as its tokens', () => {
    expect(chooseDraft(demand({ source: { cost: costs(10, 1), relativeCost: 1 } })).length).toBe(0);
    expect(chooseDraft(demand({ target: costs(10, 1) })).length).toBe(0);
  });

  it('drafts nothing before the target is measured, and assumes a cost for a source that is not', () => {
    expect(chooseDraft(demand({ target: new DecodeCost() }))).toEqual({ length: 0, gain: 1 });
    const unmeasured = { cost: new DecodeCost(), relativeCost: 0.1 };
    expect(chooseDraft(demand({ source: unmeasured })).length).toBeGreaterThan(0);
    expect(chooseDraft(demand({ source: { ...unmeasured, relativeCost: 1 } })).length).toBe(0);
  });

  it('never asks for more outputs than there are, alone or in company', () => {
    for (const decoding of [1, 2, 4, 8, 16]) {
      const drafters = Array.from({ length: decoding }, () => ({ acceptance: 1, most: 15 }));
      for (const plan of [chooseDraft, fixedPlan.choose]) {
        const { length } = plan(demand({ decoding, drafters, target: costs(10, 0.001) }));
        expect(decoding * (1 + length)).toBeLessThanOrEqual(16);
      }
    }
  });

  it('expects a gain that the costs confirm', () => {
    const { length, gain } = chooseDraft(demand({ drafters: [{ acceptance: 1, most: 3 }] }));
    expect(length).toBe(3);
    // 4 tokens in one decode of 11.5 ms and three of 1 ms, instead of four of 10 ms.
    expect(gain).toBeCloseTo(40 / 14.5, 1);
  });
});

describe('paysToCatchUp', () => {
  const base = { missing: 100, tokenMs: 1, gain: 2, generated: 0, remaining: 1000, plainMs: 10 };

  it('computes a text in the source only if the answer is likely to be long enough', () => {
    expect(paysToCatchUp(base)).toBe(true);
    expect(paysToCatchUp({ ...base, missing: 1000 })).toBe(false);
    expect(paysToCatchUp({ ...base, missing: 1000, generated: 300 })).toBe(true);
    expect(paysToCatchUp({ ...base, remaining: 10 })).toBe(false);
  });

  it('does nothing without a gain', () => {
    expect(paysToCatchUp({ ...base, missing: 1, gain: 1 })).toBe(false);
  });
});
