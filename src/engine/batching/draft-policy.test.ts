import { describe, expect, it } from 'vitest';
import { DraftPolicy, MAX_DRAFT_TOKENS } from './draft-policy.ts';

/** Three tokens, repeated. */
const repeated = Array.from({ length: 60 }, (_, index) => index % 3);

/** Reports to the policy how its predictions turned out. */
function learn(policy: DraftPolicy, isRight: boolean, times = 30): void {
  for (let time = 0; time < times; time++) {
    policy.predict(repeated);
    policy.observe(isRight ? 0 : 99);
  }
}

function expectedOf(policy: DraftPolicy, length: number): number {
  policy.predict(repeated);
  return policy.expectedTokens()[length] ?? 0;
}

describe('DraftPolicy', () => {
  it('predicts that a text which repeats itself goes on', () => {
    const policy = new DraftPolicy(MAX_DRAFT_TOKENS);
    const predicted = policy.predict(repeated);
    expect(predicted).toEqual(Array.from({ length: MAX_DRAFT_TOKENS }, (_, index) => index % 3));
  });

  it('predicts nothing for a text that does not repeat itself', () => {
    const policy = new DraftPolicy(MAX_DRAFT_TOKENS);
    expect(policy.predict([1, 2, 3, 4, 5, 6])).toEqual([]);
    expect(policy.expectedTokens()).toEqual([1]);
  });

  it('obeys the limit of the request, where 0 switches it off', () => {
    expect(new DraftPolicy(2).predict(repeated)).toHaveLength(2);
    expect(new DraftPolicy(0).predict(repeated)).toEqual([]);
    expect(new DraftPolicy(1e9).predict(repeated)).toHaveLength(MAX_DRAFT_TOKENS);
  });

  it('learns from each prediction, checked or not', () => {
    const policy = new DraftPolicy(MAX_DRAFT_TOKENS);
    const first = expectedOf(policy, 15);
    learn(policy, false);
    const discouraged = expectedOf(policy, 15);
    expect(discouraged).toBeLessThan(0.2 * first);
    learn(policy, true, 100);
    expect(expectedOf(policy, 15)).toBeGreaterThan(3 * discouraged);
  });

  it('follows a prediction while it comes true, and drops it when it does not', () => {
    const policy = new DraftPolicy(MAX_DRAFT_TOKENS);
    policy.predict(repeated);
    policy.observe(0);
    expect(policy.expectedTokens()).toHaveLength(MAX_DRAFT_TOKENS);
    policy.observe(99);
    expect(policy.expectedTokens()).toEqual([1]);
  });
});
