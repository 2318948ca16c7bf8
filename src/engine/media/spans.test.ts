import { describe, expect, it } from 'vitest';
import type { MediaSpan } from '../../protocol/media.ts';
import { chunkEnd, gridPositions, partEnd, positionOf, wholeChunkLength, wholePieces } from './spans.ts';

const span = (start: number, tokens: number, more: Partial<MediaSpan> = {}): MediaSpan => ({
  ...{ kind: 'image', digest: '0'.repeat(64), width: 1, height: 1, start, tokens, positions: tokens },
  ...more,
});
const grid = (start: number, columns: number, lines: number) =>
  span(start, columns * lines, { positions: Math.max(columns, lines), grid: { columns, lines } });
const positions = (spans: readonly MediaSpan[], count: number) =>
  Array.from({ length: count }, (_, index) => positionOf(spans, index));

describe('positionOf', () => {
  it('is the index in a text, and beside rows in a line', () => {
    expect(positions([], 5)).toEqual([0, 1, 2, 3, 4]);
    expect(positions([span(1, 3)], 6)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('is that of its start for all rows of a grid, and goes on after its longer side', () => {
    // Two tokens, 2 x 3 rows, one token, 3 x 1 rows, one token.
    const spans = [grid(2, 2, 3), grid(9, 3, 1)];
    expect(positions(spans, 14)).toEqual([0, 1, 2, 2, 2, 2, 2, 2, 5, 6, 6, 6, 9, 10]);
  });

  it('does not depend on spans that come later', () => {
    expect(positionOf([grid(2, 2, 3)], 2)).toBe(2);
    expect(positionOf([grid(2, 2, 3), grid(20, 5, 5)], 8)).toBe(5);
  });
});

describe('gridPositions', () => {
  it('are time, line, column and 0, part by part', () => {
    const spans = [grid(2, 2, 3), grid(8, 2, 2)];
    expect([...gridPositions(spans, grid(8, 2, 2), 8, 4)]).toEqual([
      ...[5, 5, 5, 5],
      ...[5, 5, 6, 6],
      ...[5, 6, 5, 6],
      ...[0, 0, 0, 0],
    ]);
  });

  it('may begin inside of the grid', () => {
    const spans = [grid(2, 2, 3)];
    expect([...gridPositions(spans, grid(2, 2, 3), 5, 2)]).toEqual([2, 2, 3, 4, 3, 2, 0, 0]);
  });

  it('are four times the same in a line', () => {
    const line = span(3, 4);
    expect([...gridPositions([line], line, 4, 2)]).toEqual([4, 5, 4, 5, 4, 5, 4, 5]);
  });
});

describe('wholePieces', () => {
  it('ends in front of a piece that would be cut', () => {
    const spans = [span(10, 5), span(15, 5)];
    const lengths = [9, 10, 11, 14, 15, 16, 20, 30];
    expect(lengths.map((length) => wholePieces(spans, length))).toEqual([9, 10, 10, 10, 15, 15, 20, 30]);
  });
});

describe('partEnd', () => {
  it('is where rows follow text, and where text or other rows follow rows', () => {
    const spans = [span(10, 5), span(15, 5)];
    expect([0, 9, 10, 14, 15, 20].map((index) => partEnd(spans, index))).toEqual([
      10,
      10,
      15,
      15,
      20,
      Infinity,
    ]);
  });
});

describe('chunks', () => {
  const spans = [span(30, 100), span(200, 40)];
  const ends = (isBidirectional: boolean) => {
    const found: number[] = [];
    while ((found.at(-1) ?? 0) < 300) found.push(chunkEnd(spans, found.at(-1) ?? 0, isBidirectional));
    return found;
  };

  it('end at multiples of 64 and where rows and text meet', () => {
    expect(ends(false)).toEqual([30, 64, 128, 130, 192, 200, 240, 256, 320]);
  });

  it('do not end inside of a picture that is computed in one go', () => {
    expect(ends(true)).toEqual([30, 130, 192, 200, 240, 256, 320]);
    expect(chunkEnd([span(30, 100, { kind: 'audio' })], 30, true)).toBe(64);
  });

  it('are counted up to a length without the piece that it would cut', () => {
    const lengths = [29, 30, 64, 129, 130, 191, 192, 199, 200, 239, 240, 255, 300];
    const whole = [0, 30, 30, 30, 130, 130, 192, 192, 200, 200, 240, 240, 256];
    expect(lengths.map((length) => wholeChunkLength(spans, length))).toEqual(whole);
  });

  it('are those of a text without spans', () => {
    expect([0, 63, 64, 130].map((length) => wholeChunkLength([], length))).toEqual([0, 0, 64, 128]);
  });
});
