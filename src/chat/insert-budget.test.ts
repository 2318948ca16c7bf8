import { describe, expect, it } from 'vitest';
import { fitInsert } from './insert-budget.ts';

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

describe('fitInsert', () => {
  it('leaves parts alone that fit', () => {
    const parts = { prefix: [1, 2], suffix: [3] };
    expect(fitInsert(parts, 3)).toEqual(parts);
  });

  it('keeps what lies next to the gap, three quarters of it before', () => {
    expect(fitInsert({ prefix: range(0, 100), suffix: range(200, 300) }, 8)).toEqual({
      prefix: range(94, 100),
      suffix: range(200, 202),
    });
  });

  it('gives the room that one part leaves to the other', () => {
    expect(fitInsert({ prefix: range(0, 100), suffix: [1] }, 9)).toEqual({
      prefix: range(92, 100),
      suffix: [1],
    });
    expect(fitInsert({ prefix: [1], suffix: range(0, 100) }, 9)).toEqual({
      prefix: [1],
      suffix: range(0, 8),
    });
  });

  it('keeps nothing without room', () => {
    expect(fitInsert({ prefix: [1], suffix: [2] }, 0)).toEqual({ prefix: [], suffix: [] });
  });
});
