import { describe, expect, it } from 'vitest';
import { DecodeCost } from '../batching/decode-cost.ts';
import { PrefillRate } from '../batching/prefill-rate.ts';
import type { Sequence } from '../batching/sequence.ts';
import type { DraftSource, DraftSubject, DraftWish } from './draft-source.ts';
import { Speculation } from './speculation.ts';

const TARGET_MS = 10;

/** A source that drafts the next numbers; `isRight` says whether the text follows them. */
class CountingSource implements DraftSource {
  readonly cost = new DecodeCost();
  readonly rate = new PrefillRate();
  readonly relativeCost = 0.1;
  readonly computed = new Map<number, number>();
  isBroken = false;
  drafts = 0;
  caughtUp = 0;

  constructor() {
    for (let tokens = 1; tokens < 20; tokens++) this.cost.record(tokens, 1);
    this.rate.record(100, 100);
  }

  missing({ slot, tokens }: DraftSubject): number {
    return tokens.length - (this.computed.get(slot) ?? 0);
  }

  async catchUp({ slot, tokens }: DraftSubject, most: number): Promise<void> {
    const before = this.computed.get(slot) ?? 0;
    this.computed.set(slot, Math.min(tokens.length - 1, before + most));
    this.caughtUp++;
  }

  async draft(wishes: readonly DraftWish[]): Promise<ReadonlyMap<number, readonly number[]>> {
    this.drafts++;
    return new Map(
      wishes.map(({ slot, tokens, most }) => {
        this.computed.set(slot, tokens.length);
        const last = tokens.at(-1) ?? 0;
        return [slot, Array.from({ length: most }, (_, index) => last + index + 1)];
      }),
    );
  }
}

function target(): DecodeCost {
  const cost = new DecodeCost();
  for (let tokens = 1; tokens <= 64; tokens++) cost.record(tokens, TARGET_MS * (1 + 0.02 * (tokens - 1)));
  return cost;
}

function sequence(id: number, promptLength = 4): Sequence {
  const tokens = Array.from({ length: promptLength }, (_, index) => index);
  const request = { maxTokens: -1 };
  return { slot: { id, salt: '' }, tokens, generated: [], request } as unknown as Sequence;
}

/** Samples as the batch loop does: as long as the samples match the draft, and one token more. */
function sample({ tokens, generated }: Sequence, draft: readonly number[], counts: boolean): void {
  for (const drafted of [...draft, undefined]) {
    const token = counts ? (tokens.at(-1) ?? 0) + 1 : 0;
    tokens.push(token);
    generated.push(token);
    if (token !== drafted) return;
  }
}

/** Generates a text that counts up or stands still. @returns number of drafted tokens */
async function generate(
  speculation: Speculation,
  one: Sequence,
  { steps, counts }: { steps: number; counts: boolean },
): Promise<number> {
  let drafted = 0;
  const limits = { target: target(), outputs: 16 };
  for (let step = 0; step < steps; step++) {
    const candidate = { sequence: one, most: 15, found: [], foundGain: 1 };
    const draft = (await speculation.propose([candidate], limits)).get(one) ?? [];
    drafted += draft.length;
    sample(one, draft, counts);
  }
  return drafted;
}

describe('Speculation', () => {
  it('drafts long where the drafts are right', async () => {
    const one = sequence(0);
    const source = new CountingSource();
    await generate(new Speculation(source), one, { steps: 50, counts: true });
    expect(one.generated.length).toBeGreaterThan(300);
  });

  it('costs a try now and then where the drafts are wrong', async () => {
    const source = new CountingSource();
    const one = sequence(0);
    const drafted = await generate(new Speculation(source), one, { steps: 2000, counts: false });
    expect(drafted).toBeGreaterThan(0);
    expect(source.drafts).toBeLessThan(2000 * 0.05);
  });

  it('remembers for the next text that drafting did not pay', async () => {
    const source = new CountingSource();
    const speculation = new Speculation(source);
    await generate(speculation, sequence(0), { steps: 2000, counts: false });
    const before = source.drafts;
    await generate(speculation, sequence(0), { steps: 50, counts: false });
    expect(source.drafts).toBe(before);
  });

  it('computes a long prompt in the source bit by bit, before it drafts', async () => {
    const source = new CountingSource();
    const one = sequence(0, 100);
    await generate(new Speculation(source), one, { steps: 3, counts: true });
    expect(source.caughtUp).toBe(3);
    expect(source.drafts).toBe(0);
    await generate(new Speculation(source), one, { steps: 3, counts: true });
    expect(source.drafts).toBeGreaterThan(0);
  });

  it('never computes a prompt whose answer would have to be longer than is likely', async () => {
    const source = new CountingSource();
    await generate(new Speculation(source), sequence(0, 100_000), { steps: 20, counts: true });
    expect(source.caughtUp).toBe(0);
  });

  it('drafts for several sequences together, within the outputs of one decode', async () => {
    const speculation = new Speculation(new CountingSource());
    const sequences = [sequence(0), sequence(1), sequence(2)];
    const limits = { target: target(), outputs: 16 };
    const candidates = sequences.map((one) => ({ sequence: one, most: 15, found: [], foundGain: 1 }));
    const drafts = await speculation.propose(candidates, limits);
    const lengths = sequences.map((one) => drafts.get(one)?.length ?? 0);
    expect(Math.min(...lengths)).toBeGreaterThan(0);
    expect(lengths.reduce((total, length) => total + length, 3)).toBeLessThanOrEqual(16);
  });

  it('leaves a sequence to prompt lookup where that is expected to gain more', async () => {
    const source = new CountingSource();
    const one = sequence(0);
    const limits = { target: target(), outputs: 16 };
    const propose = (foundGain: number) =>
      new Speculation(source).propose([{ sequence: one, most: 15, found: [9, 9], foundGain }], limits);
    expect((await propose(10)).get(one)).toEqual([9, 9]);
    expect((await propose(1.06)).get(one)).not.toEqual([9, 9]);
  });

  it('does without a source that broke', async () => {
    const source = new CountingSource();
    source.isBroken = true;
    await generate(new Speculation(source), sequence(0), { steps: 20, counts: true });
    expect(source.drafts).toBe(0);
  });
});
