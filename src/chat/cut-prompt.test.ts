import { describe, expect, it } from 'vitest';
import { cutPrompt } from './cut-prompt.ts';

const tokens = Array.from({ length: 100 }, (_, index) => index);
const cutText = (contextLength: number, keep: number) =>
  cutPrompt({ tokens, media: [] }, contextLength, keep);

describe('cutPrompt', () => {
  it('keeps the start and the tail, and frees half of the remaining context', () => {
    const { tokens: cut, removed } = cutText(20, 4);
    expect(cut).toEqual([0, 1, 2, 3, 92, 93, 94, 95, 96, 97, 98, 99]);
    expect(removed).toBe(88);
  });

  it.each([-1, 0, 19, 1000])('leaves room for the completion with keep = %i', (keep) => {
    const { tokens: cut } = cutText(20, keep);
    expect(cut.length).toBeGreaterThan(0);
    expect(cut.length).toBeLessThan(20);
  });

  it.each([
    ['all of it in the tail', [{ start: 95, tokens: 3 }], [0, 1, 2, 3, 92, 93, 94, 95, 96, 97, 98, 99], [7]],
    ['through the border of the tail', [{ start: 90, tokens: 5 }], [0, 1, 2, 3, 95, 96, 97, 98, 99], []],
    [
      'through the border of the start',
      [{ start: 2, tokens: 5 }],
      [0, 1, 92, 93, 94, 95, 96, 97, 98, 99],
      [],
    ],
    ['from one border to the other', [{ start: 3, tokens: 96 }], [0, 1, 2, 99], []],
    ['at a border', [{ start: 2, tokens: 2 }], [0, 1, 2, 3, 92, 93, 94, 95, 96, 97, 98, 99], [2]],
  ])('never divides a piece: %s', (_, media, left, starts) => {
    const cut = cutPrompt({ tokens, media }, 20, 4);
    expect(cut.tokens).toEqual(left);
    expect(cut.removed).toBe(100 - left.length);
    expect(cut.media.map(({ start }) => start)).toEqual(starts);
  });

  it('keeps each piece whole and at its place, wherever the pieces lie', () => {
    for (let length = 1; length < 30; length++) {
      const media = Array.from({ length: Math.floor(100 / (length + 1)) }, (_, index) => ({
        start: index * (length + 1),
        tokens: length,
      }));
      const cut = cutPrompt({ tokens, media }, 40, 7);
      expect(cut.tokens.length).toBeLessThan(40);
      for (const { start, tokens: count } of cut.media) {
        const piece = cut.tokens.slice(start, start + count);
        expect(piece).toEqual(Array.from({ length }, (_, index) => (piece[0] ?? -1) + index));
        expect((piece[0] ?? -1) % (length + 1)).toBe(0);
      }
    }
  });
});
