import { describe, expect, it } from 'vitest';
import { Recovery } from './recovery.ts';
import type { Sequence } from './sequence.ts';

const sequence = (id: number) => ({ id }) as unknown as Sequence;
const [a, b, c] = [sequence(1), sequence(2), sequence(3)];

/** Number of steps until all sequences except the given ones are served, as the batch loop would do it. */
function run(running: Sequence[], broken: Sequence | undefined, tokensEach: number) {
  const recovery = new Recovery();
  const failed: Sequence[] = [];
  const served = new Set<Sequence>();
  let left = running;
  for (let step = 0; step < 30; step++) {
    const eligible = [...recovery.eligible(left)];
    if (eligible.length === 0) break;
    const tokens = Math.min(tokensEach * eligible.length, recovery.mostTokens);
    if (broken && eligible.includes(broken)) {
      const hopeless = recovery.failed(eligible, tokens);
      if (hopeless) failed.push(hopeless);
      left = left.filter((one) => one !== hopeless);
      continue;
    }
    recovery.succeeded();
    for (const one of eligible) served.add(one);
    if (eligible.length === left.length) break;
  }
  return { failed, served: [...served] };
}

describe('Recovery', () => {
  it('lets all sequences run while nothing fails', () => {
    expect(run([a, b, c], undefined, 1)).toEqual({ failed: [], served: [a, b, c] });
  });

  it('fails the sequence that cannot be computed, and no other', () => {
    const { failed, served } = run([a, b, c], b, 100);
    expect(failed).toEqual([b]);
    expect(new Set(served)).toEqual(new Set([a, c]));
  });

  it('tries smaller parts before it gives up', () => {
    const recovery = new Recovery();
    expect(recovery.failed([a], 9)).toBeUndefined();
    expect(recovery.mostTokens).toBe(5);
    expect(recovery.failed([a], 5)).toBeUndefined();
    expect(recovery.mostTokens).toBe(3);
    recovery.succeeded();
    expect(recovery.mostTokens).toBe(Number.POSITIVE_INFINITY);
    expect(recovery.failed([a], 1)).toBe(a);
  });

  it('forgets sequences that have left', () => {
    const recovery = new Recovery();
    recovery.failed([a, b], 2);
    expect(recovery.eligible([b, c])).toEqual([b]);
    expect(recovery.eligible([c])).toEqual([c]);
  });
});
