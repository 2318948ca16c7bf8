import { describe, expect, it } from 'vitest';
import { lookUpDraft } from './draft-lookup.ts';

describe('lookUpDraft', () => {
  it('continues the way the text continued before', () => {
    expect(lookUpDraft([1, 2, 3, 4, 5, 9, 1, 2, 3], 2).tokens).toEqual([4, 5]);
  });

  it('finds nothing in a text that does not repeat itself, or repeats too little', () => {
    expect(lookUpDraft([1, 2, 3, 4, 5], 4).tokens).toEqual([]);
    expect(lookUpDraft([7, 2, 3, 4, 8, 2, 3], 4).tokens).toEqual([]);
    expect(lookUpDraft([], 4).tokens).toEqual([]);
  });

  it('prefers the longest match, then the newest', () => {
    const longer = [9, 1, 2, 3, 50, 0, 1, 2, 3, 60, 9, 1, 2, 3];
    expect(lookUpDraft(longer, 1).tokens).toEqual([50]);
    const newest = [1, 2, 3, 50, 0, 1, 2, 3, 60, 7, 1, 2, 3];
    expect(lookUpDraft(newest, 1).tokens).toEqual([60]);
  });

  it('reports how long the match is, up to a bound', () => {
    expect(lookUpDraft([1, 2, 3, 4, 5, 9, 1, 2, 3], 2).matched).toBe(3);
    expect(
      lookUpDraft(
        Array.from({ length: 500 }, (_, index) => index % 100),
        2,
      ).matched,
    ).toBe(32);
  });

  it('continues a period beyond the end of the text', () => {
    expect(lookUpDraft([5, 5, 5, 5, 5], 4).tokens).toEqual([5, 5, 5, 5]);
    expect(lookUpDraft([1, 2, 3, 1, 2, 3], 7).tokens).toEqual([1, 2, 3, 1, 2, 3, 1]);
  });

  it('ends in front of a picture', () => {
    expect(lookUpDraft([1, 2, 3, 4, -7, -8, 1, 2, 3], 4).tokens).toEqual([4]);
    expect(lookUpDraft([1, 2, 3, -7, -8, 1, 2, 3], 4).tokens).toEqual([]);
  });

  it('examines a bounded number of places', () => {
    const tokens = Array.from({ length: 1_000_000 }, (_, index) => (index % 2 === 0 ? 1 : index));
    tokens.push(1);
    let reads = 0;
    const counted = new Proxy(tokens, {
      get: (target, key) => {
        reads += 1;
        return Reflect.get(target, key);
      },
    });
    expect(lookUpDraft(counted, 4).tokens).toEqual([]);
    expect(reads).toBeLessThan(tokens.length / 10);
  });
});
