import { describe, expect, it } from 'vitest';
import { DecodeCost } from './decode-cost.ts';
import { DraftPolicy, MAX_DRAFT_TOKENS } from './draft-policy.ts';

/** Three tokens, repeated. */
const repeated = Array.from({ length: 60 }, (_, index) => index % 3);

function costing(relative: (tokens: number) => number): DecodeCost {
  const cost = new DecodeCost();
  cost.record(1, 10);
  for (let times = 0; times < 50; times++) {
    for (const tokens of [4, 8, 16]) cost.record(tokens, 10 * relative(tokens));
  }
  return cost;
}

/** Reports to the policy how its predictions turned out. */
function learn(policy: DraftPolicy, isRight: boolean, times = 30): void {
  for (let time = 0; time < times; time++) {
    policy.draft(repeated, MAX_DRAFT_TOKENS);
    policy.observe(isRight ? 0 : 99);
  }
}

const draftLength = (policy: DraftPolicy) => policy.draft(repeated, MAX_DRAFT_TOKENS).length;

describe('DraftPolicy', () => {
  it('drafts up to its limit where the text repeats itself and batches are cheap', () => {
    const policy = new DraftPolicy(
      costing((tokens) => 1 + 0.05 * tokens),
      MAX_DRAFT_TOKENS,
    );
    learn(policy, true);
    expect(policy.draft(repeated, MAX_DRAFT_TOKENS)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
    expect(policy.draft(repeated, 5)).toHaveLength(5);
  });

  it('stops when predictions are wrong, and resumes when they are right again, without drafting in between', () => {
    const policy = new DraftPolicy(
      costing((tokens) => 1 + 0.3 * tokens),
      MAX_DRAFT_TOKENS,
    );
    learn(policy, false);
    expect(draftLength(policy)).toBe(0);
    learn(policy, true);
    expect(draftLength(policy)).toBeGreaterThan(0);
  });

  it('never drafts where a batch costs as much as its tokens one by one', () => {
    const policy = new DraftPolicy(
      costing((tokens) => tokens),
      MAX_DRAFT_TOKENS,
    );
    learn(policy, true, 8);
    expect(draftLength(policy)).toBe(0);
  });

  it('obeys the limit of the request, where 0 switches it off', () => {
    const cost = costing(() => 1);
    const two = new DraftPolicy(cost, 2);
    learn(two, true);
    expect(draftLength(two)).toBe(2);
    expect(draftLength(new DraftPolicy(cost, 0))).toBe(0);
  });

  it('drafts nothing for a text that does not repeat itself', () => {
    const policy = new DraftPolicy(
      costing(() => 1),
      MAX_DRAFT_TOKENS,
    );
    expect(policy.draft([1, 2, 3, 4, 5, 6], MAX_DRAFT_TOKENS)).toEqual([]);
  });
});

describe('DecodeCost', () => {
  it('forgets an outlier when it is not measured again', () => {
    const cost = new DecodeCost();
    const guess = cost.relative(8);
    cost.record(1, 10);
    cost.record(8, 10_000);
    expect(cost.relative(8)).toBe(1000);
    for (let times = 0; times < 2000; times++) cost.fade();
    expect(cost.relative(8)).toBeCloseTo(guess, 3);
  });

  it('measures in units of a decode of one token', () => {
    const cost = costing((tokens) => tokens / 2);
    expect(cost.relative(16)).toBeCloseTo(8);
    expect(cost.relative(4)).toBeCloseTo(2);
  });

  it('reports how wide a gap is worth closing', () => {
    expect(costing((tokens) => 1 + 0.55 * (tokens - 1)).mostPadding).toBe(0);
    expect(costing((tokens) => 1 + 0.28 * (tokens - 1)).mostPadding).toBe(2);
    expect(costing((tokens) => 1 + 0.052 * (tokens - 1)).mostPadding).toBe(18);
  });
});
