import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { HeldMedium } from '../protocol/held-report.ts';
import { blockHash, firstParent } from './block-hash.ts';
import { encodeBatch, type KvEvent } from './event-batch.ts';

interface Fixture {
  readonly source: string;
  readonly algorithm: string;
  readonly cases: readonly {
    readonly seed: string;
    readonly tokens: readonly number[];
    readonly salt: string | null;
    readonly blockSize: number;
    readonly hashes: readonly string[];
  }[];
  readonly batchTokens: readonly number[];
  readonly batches: Readonly<Record<string, string>>;
}

const path = new URL('../../test/fixtures/kv-events/vllm.json', import.meta.url);
const fixture = JSON.parse(readFileSync(path, 'utf8')) as Fixture;

function hashesOf(tokens: readonly number[], size: number, salt: string, seed = 'vllm-none-hash'): Buffer[] {
  const hashes: Buffer[] = [];
  for (let start = 0; start + size <= tokens.length; start += size) {
    const parent = hashes.at(-1) ?? firstParent(seed);
    hashes.push(blockHash(parent, tokens.slice(start, start + size), start === 0 ? salt : ''));
  }
  return hashes;
}

describe(`what ${fixture.source} computes (${fixture.algorithm})`, () => {
  it.each(fixture.cases)('are our hashes: seed $seed, salt $salt, blocks of $blockSize', (recorded) => {
    const { tokens, blockSize, salt, seed } = recorded;
    const hashes = hashesOf(tokens, blockSize, salt ?? '', seed).map((hash) => hash.toString('hex'));
    expect(hashes).toEqual(recorded.hashes);
    expect(hashes.length).toBeGreaterThan(0);
  });

  const tokens = fixture.batchTokens;
  const plain = hashesOf(tokens, 16, '');
  const salt = 'a'.repeat(64);
  const salted = hashesOf(tokens, 16, salt);
  const stored = (medium: HeldMedium) => ({ type: 'BlockStored', blockSize: 16, medium }) as const;
  const batches: readonly (readonly [name: string, seconds: number, events: readonly KvEvent[]])[] = [
    ['stored', 1764590000.25, [{ ...stored('GPU'), hashes: plain, tokens, salt: '' }]],
    ['salted', 1764590000.5, [{ ...stored('CPU'), hashes: salted, tokens, salt }]],
    [
      'behind',
      1764590001,
      [{ ...stored('GPU'), hashes: salted.slice(2), parent: salted[1], tokens: tokens.slice(32), salt }],
    ],
    [
      'removed',
      1764590002.125,
      [
        { type: 'BlockRemoved', hashes: plain.slice(2), medium: 'GPU' },
        { type: 'BlockRemoved', hashes: plain, medium: 'STORAGE' },
      ],
    ],
    ['cleared', 0, [{ type: 'AllBlocksCleared' }]],
  ];

  it.each(batches)('are our bytes: %s', (name, seconds, events) => {
    expect(encodeBatch(events, seconds).toString('hex')).toBe(fixture.batches[name]);
  });

  it('are all compared', () => {
    expect(batches.map(([name]) => name)).toEqual(Object.keys(fixture.batches));
  });
});
