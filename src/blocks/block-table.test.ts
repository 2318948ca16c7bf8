import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import { rounds } from '../../test/scale.ts';
import type { HeldChange, HeldMedium, HeldReport } from '../protocol/held-report.ts';
import { BlockTable } from './block-table.ts';
import type { KvEvent } from './event-batch.ts';

const blockSize = 4;
const table = () => new BlockTable({ blockSize, seed: 's' });
const tokensOf = (count: number, first = 0) => Array.from({ length: count }, (_, index) => first + index);
const change = (holding: number, added: readonly number[], more: Partial<HeldChange> = {}): HeldChange => ({
  holding,
  medium: 'GPU',
  salt: '',
  kept: 0,
  added,
  ...more,
});
const report = (changes: readonly HeldChange[], more: Partial<HeldReport> = {}): HeldReport => ({
  isFirst: false,
  changes,
  gone: [],
  ...more,
});

/** What a reader of the events believes to be stored: hashes by medium, each with the tokens of its block. */
class Reader {
  readonly stored = new Map<string, string>();

  read(events: readonly KvEvent[]): void {
    for (const event of events) {
      if (event.type === 'AllBlocksCleared') this.stored.clear();
      else if (event.type === 'BlockRemoved')
        for (const hash of event.hashes) this.#remove(event.medium, hash);
      else {
        const { medium, hashes, parent, tokens } = event;
        expect(tokens).toHaveLength(hashes.length * blockSize);
        if (parent) expect(this.stored.has(`${medium} ${hex(parent)}`)).toBe(true);
        for (const [index, hash] of hashes.entries()) {
          const name = `${medium} ${hex(hash)}`;
          expect(this.stored.has(name)).toBe(false);
          this.stored.set(name, tokens.slice(index * blockSize, (index + 1) * blockSize).join(' '));
        }
      }
    }
  }

  #remove(medium: HeldMedium, hash: Uint8Array): void {
    expect(this.stored.delete(`${medium} ${hex(hash)}`)).toBe(true);
  }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('BlockTable', () => {
  it('stores whole blocks once, however many holdings have them', () => {
    const blocks = table();
    const first = blocks.apply(1, 'm', report([change(1, tokensOf(10))]));
    expect(first).toMatchObject([{ type: 'BlockStored', tokens: tokensOf(8), parent: undefined, salt: '' }]);
    expect(blocks.apply(1, 'm', report([change(2, tokensOf(8))]))).toEqual([]);
    expect(blocks.apply(1, 'm', report([], { gone: [1] }))).toEqual([]);
    const last = blocks.apply(1, 'm', report([], { gone: [2] }));
    expect(last).toMatchObject([{ type: 'BlockRemoved', medium: 'GPU', hashes: { length: 2 } }]);
    expect(blocks.size).toBe(0);
  });

  it('tells only what follows the tokens that stay, behind the block before', () => {
    const blocks = table();
    blocks.apply(1, 'm', report([change(1, tokensOf(12))]));
    const events = blocks.apply(1, 'm', report([change(1, tokensOf(8, 100), { kept: 8 })]));
    expect(events).toMatchObject([
      { type: 'BlockStored', tokens: tokensOf(8, 100), parent: expect.any(Buffer) },
      { type: 'BlockRemoved', hashes: { length: 1 } },
    ]);
    expect(blocks.size).toBe(4);
  });

  it('separates salts, media and models', () => {
    const blocks = table();
    const tokens = tokensOf(4);
    const events = [
      ...blocks.apply(1, 'm', report([change(1, tokens), change(2, tokens, { salt: 'x' })])),
      ...blocks.apply(1, 'm', report([change(3, tokens, { medium: 'CPU' })])),
      ...blocks.apply(2, 'other', report([change(1, tokens)])),
    ];
    expect(events.map(({ type }) => type)).toEqual(Array.from({ length: 4 }, () => 'BlockStored'));
    expect(blocks.models).toEqual(['m', 'other']);
  });

  it('neither removes nor stores what an engine reports again from the start', () => {
    const blocks = table();
    blocks.apply(1, 'm', report([change(1, tokensOf(8)), change(2, tokensOf(8, 50))]));
    const again = report([change(7, tokensOf(8)), change(8, tokensOf(4, 90))], { isFirst: true });
    expect(blocks.apply(1, 'm', again)).toMatchObject([
      { type: 'BlockStored', tokens: tokensOf(4, 90) },
      { type: 'BlockRemoved', hashes: { length: 2 } },
    ]);
  });

  it('forgets an engine that has exited, and says so in one word if nothing is left', () => {
    const blocks = table();
    blocks.apply(1, 'm', report([change(1, tokensOf(8))]));
    blocks.apply(2, 'n', report([change(1, tokensOf(8))]));
    expect(blocks.end(1)).toMatchObject([{ type: 'BlockRemoved', hashes: { length: 2 } }]);
    expect(blocks.end(2)).toEqual([{ type: 'AllBlocksCleared' }]);
    expect(blocks.end(2)).toEqual([]);
    expect(blocks.size).toBe(0);
  });

  it('lets readers know exactly what is stored, from the start and from a snapshot, over random histories', () => {
    const blocks = table();
    const reader = new Reader();
    const history = new History(25);
    for (let round = 0; round < rounds({ change: 500, long: 5000, nightly: 50_000 }); round++) {
      reader.read(blocks.apply(1, 'm', history.next()));
      expect(reader.stored.size).toBe(blocks.size);
    }
    const late = new Reader();
    late.read(blocks.snapshot());
    expect(late.stored).toEqual(reader.stored);
    expect(reader.stored.size).toBe(history.blocks().size);
  });
});

/** Random changes of a few holdings, whose tokens are so alike that they share many blocks. */
class History {
  readonly #held = new Map<number, { tokens: number[]; medium: HeldMedium; salt: string }>();
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  next(): HeldReport {
    const holding = this.#pick(12);
    const old = this.#held.get(holding);
    if (old && this.#pick(4) === 0) {
      this.#held.delete(holding);
      return report([], { gone: [holding] });
    }
    const { medium, salt, tokens } = old ?? this.#begun();
    const kept = this.#pick(Math.floor(tokens.length / blockSize) + 1) * blockSize;
    const added = Array.from({ length: this.#pick(24) }, () => this.#pick(2));
    this.#held.set(holding, { tokens: [...tokens.slice(0, kept), ...added], medium, salt });
    return report([change(holding, added, { kept, medium, salt })]);
  }

  /** The blocks that are held, each as all tokens up to its end. */
  blocks(): Set<string> {
    const found = new Set<string>();
    for (const { tokens, medium, salt } of this.#held.values()) {
      for (let end = blockSize; end <= tokens.length; end += blockSize)
        found.add(`${medium} ${salt} ${tokens.slice(0, end).join(' ')}`);
    }
    return found;
  }

  #begun(): { tokens: number[]; medium: HeldMedium; salt: string } {
    const media = ['GPU', 'CPU', 'STORAGE'] as const;
    return { tokens: [], medium: media[this.#pick(3)] ?? 'GPU', salt: this.#pick(3) === 0 ? 'x' : '' };
  }

  #pick(below: number): number {
    return Math.floor(this.#random() * below);
  }
}
