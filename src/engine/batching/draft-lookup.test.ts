import { describe, expect, it } from 'vitest';
import { lookUpDraft } from './draft-lookup.ts';

describe('lookUpDraft', () => {
  it('continues the way the text continued before', () => {
    expect(lookUpDraft([1, 2, 3, 4, 5, 9, 1, 2, 3], 2)).toEqual([4, 5]);
  });

  it('finds nothing in a text that does not repeat itself, or repeats too little', () => {
    expect(lookUpDraft([1, 2, 3, 4, 5], 4)).toEqual([]);
    expect(lookUpDraft([7, 2, 3, 4, 8, 2, 3], 4)).toEqual([]);
    expect(lookUpDraft([], 4)).toEqual([]);
  });

  it('prefers the longest match, then the newest', () => {
    const longer = [9, 1, 2, 3, 50, 0, 1, 2, 3, 60, 9, 1, 2, 3];
    expect(lookUpDraft(longer, 1)).toEqual([50]);
    const newest = [1, 2, 3, 50, 0, 1, 2, 3, 60, 7, 1, 2, 3];
    expect(lookUpDraft(newest, 1)).toEqual([60]);
  });

  it('continues a period beyond the end of the text', () => {
    expect(lookUpDraft([5, 5, 5, 5, 5], 4)).toEqual([5, 5, 5, 5]);
    expect(lookUpDraft([1, 2, 3, 1, 2, 3], 7)).toEqual([1, 2, 3, 1, 2, 3, 1]);
  });

  it('examines a bounded number of places', () => {
    const tokens = Array.from({ length: 1_000_000 }, (_, index) => (index % 2 === 0 ? 1 : index));
    tokens.push(1);
    const started = performance.now();
    for (let times = 0; times < 1000; times++) expect(lookUpDraft(tokens, 4)).toEqual([]);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
