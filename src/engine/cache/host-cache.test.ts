import { describe, expect, it } from 'vitest';
import { HostCache, keepMostValuable } from './host-cache.ts';
import type { SavedState } from './kv-cache.ts';

const plain = { canRollBack: true, window: 0 };

function entry(from: number, length: number, lastUsed: number, bytes = length): SavedState {
  return {
    tokens: Array.from({ length }, (_, index) => from + index),
    salt: '',
    lastUsed,
    exactLength: Number.POSITIVE_INFINITY,
    fixedLength: 0,
    windowStart: 0,
    checkpoints: [],
    state: new Uint8Array(bytes),
  };
}

describe('keepMostValuable', () => {
  it('weighs length against age', () => {
    const [oldLong, oldShort, fresh] = [entry(0, 900, 1), entry(5000, 100, 1), entry(9000, 300, 10)];
    expect(keepMostValuable([oldLong, oldShort, fresh], 500, 10)).toEqual([fresh, oldShort]);
    expect(keepMostValuable([oldShort, oldLong, fresh], 1200, 10)).toEqual([fresh, oldLong]);
  });

  it('counts checkpoints as bytes', () => {
    const heavy = { ...entry(0, 100, 1), checkpoints: [{ length: 50, state: new Uint8Array(500) }] };
    expect(keepMostValuable([heavy], 599, 1)).toEqual([]);
    expect(keepMostValuable([heavy], 600, 1)).toEqual([heavy]);
  });
});

describe('HostCache', () => {
  it('never holds more than its budget', () => {
    const cache = new HostCache(1000, plain);
    for (let use = 1; use <= 20; use++) {
      cache.add(entry(use * 10_000, 300, use), use);
      const bytes = cache.entries.reduce((total, { state }) => total + state.length, 0);
      expect(bytes).toBeLessThanOrEqual(1000);
    }
    expect(cache.entries.map(({ lastUsed }) => lastUsed).sort()).toEqual([18, 19, 20]);
    expect([cache.fits(1000), cache.fits(1001)]).toEqual([true, false]);
  });

  it('makes room before an entry is added', () => {
    const cache = new HostCache(1000, plain);
    cache.add(entry(0, 300, 1), 1);
    cache.add(entry(5000, 600, 2), 2);
    cache.makeRoom(400, 3);
    expect(cache.entries.map(({ lastUsed }) => lastUsed)).toEqual([2]);
  });

  it('drops an entry that is only a prefix of another', () => {
    const cache = new HostCache(10_000, plain);
    const beginning = entry(0, 300, 1);
    cache.add(beginning, 1);
    cache.add(entry(7000, 300, 2), 2);
    cache.add(entry(0, 400, 3), 3);
    expect(cache.entries.map(({ lastUsed }) => lastUsed).sort()).toEqual([2, 3]);
    cache.dropCovered([entry(7000, 500, 4)]);
    expect(cache.entries.map(({ lastUsed }) => lastUsed)).toEqual([3]);
  });
});
