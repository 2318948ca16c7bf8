import { describe, expect, it } from 'vitest';
import { DecodeCost } from './decode-cost.ts';
import { type DraftDemand, planDrafts } from './draft-plan.ts';
import { DraftPolicy, MAX_DRAFT_TOKENS } from './draft-policy.ts';

/** Three tokens, repeated. */
const repeated = Array.from({ length: 60 }, (_, index) => index % 3);
const different = Array.from({ length: 60 }, (_, index) => index);
const limit = { tokens: MAX_DRAFT_TOKENS + 1, milliseconds: Number.POSITIVE_INFINITY };

function measured(relative: (tokens: number) => number): DecodeCost {
  const cost = new DecodeCost();
  cost.record(1, 10);
  for (let times = 0; times < 50; times++) {
    for (const tokens of [2, 4, 8, 16, 32, 64]) cost.record(tokens, 10 * relative(tokens));
  }
  return cost;
}

const cheap = () => measured((tokens) => 1 + 0.03 * (tokens - 1));
const ofThisProcessor = () => measured((tokens) => 1 + 0.55 * (tokens - 1));

function stream(tokens: readonly number[], room = 1000, most = MAX_DRAFT_TOKENS): DraftDemand {
  return { drafts: new DraftPolicy(most), tokens, room };
}

const lengthsOf = (drafts: readonly (readonly number[])[]) => drafts.map(({ length }) => length);

describe('planDrafts for a lone stream', () => {
  it('drafts as much as it can where batches are nearly free', () => {
    expect(lengthsOf(planDrafts([stream(repeated)], cheap(), limit))).toEqual([63]);
  });

  it('drafts less where a rejected draft costs more than an accepted one gains', () => {
    const [draft] = planDrafts([stream(repeated)], ofThisProcessor(), limit);
    expect(draft?.length).toBeGreaterThan(0);
    expect(draft?.length).toBeLessThan(63);
  });

  it('drafts nothing where a batch costs as much as its tokens one by one, or where nothing repeats itself', () => {
    expect(
      planDrafts(
        [stream(repeated)],
        measured((tokens) => tokens),
        limit,
      ),
    ).toEqual([]);
    expect(planDrafts([stream(different)], cheap(), limit)).toEqual([]);
  });

  it('begins with a small batch, and goes on to larger ones as their cost becomes known', () => {
    const cost = new DecodeCost();
    cost.record(1, 10);
    const sizes: number[] = [];
    for (let step = 0; step < 3; step++) {
      const [draft] = planDrafts([stream(repeated)], cost, limit);
      const size = 1 + (draft?.length ?? 0);
      cost.record(size, 10 * (1 + 0.03 * (size - 1)));
      sizes.push(size);
    }
    expect(sizes).toEqual([8, 32, 64]);
  });

  it('obeys the room of the context, the limit of the request, and those of the call', () => {
    expect(lengthsOf(planDrafts([stream(repeated, 5)], cheap(), limit))).toEqual([5]);
    expect(lengthsOf(planDrafts([stream(repeated, 1000, 2)], cheap(), limit))).toEqual([2]);
    expect(lengthsOf(planDrafts([stream(repeated)], cheap(), { ...limit, tokens: 16 }))).toEqual([15]);
    expect(lengthsOf(planDrafts([stream(repeated)], cheap(), { ...limit, milliseconds: 15 }))).toEqual([15]);
    expect(planDrafts([stream(repeated, 0)], cheap(), limit)).toEqual([]);
  });
});

describe('planDrafts for several streams', () => {
  it('gives each a draft of the same length when all gain', () => {
    const drafts = planDrafts([stream(repeated), stream([9, ...repeated])], cheap(), limit);
    expect(lengthsOf(drafts)).toEqual([31, 31]);
  });

  it('drafts for none when one stream does not repeat itself, and would only wait', () => {
    expect(planDrafts([stream(repeated), stream(different)], cheap(), limit)).toEqual([]);
  });

  it('predicts nothing where the cost leaves nothing to gain', () => {
    const never = (): never => {
      throw new Error('not to be asked');
    };
    const silent = { most: MAX_DRAFT_TOKENS, predict: never, expectedTokens: never };
    const streams = [1, 2, 3, 4].map(() => ({ drafts: silent, tokens: repeated, room: 1000 }));
    expect(
      planDrafts(
        streams,
        measured((tokens) => tokens),
        limit,
      ),
    ).toEqual([]);
  });

  it('returns nothing for no stream', () => {
    expect(planDrafts([], cheap(), limit)).toEqual([]);
  });
});
