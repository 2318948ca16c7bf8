import { describe, expect, it } from 'vitest';
import { fitInsert } from './insert-budget.ts';

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

describe('fitInsert', () => {
  it('does not change parts that fit', () => {
    const parts = { prefix: [1, 2], suffix: [3] };
    expect(fitInsert(parts, 3)).toEqual(parts);
  });

  it('keeps the tokens next to the gap, three quarters of them before it', () => {
    expect(fitInsert({ prefix: range(0, 100), suffix: range(200, 300) }, 8)).toEqual({
      prefix: range(94, 100),
      suffix: range(200, 202),
    });
  });

  it('gives the room that one part does not use to the other', () => {
    expect(fitInsert({ prefix: range(0, 100), suffix: [1] }, 9)).toEqual({
      prefix: range(92, 100),
      suffix: [1],
    });
    expect(fitInsert({ prefix: [1], suffix: range(0, 100) }, 9)).toEqual({
      prefix: [1],
      suffix: range(0, 8),
    });
  });

  it('keeps nothing if there is no room', () => {
    expect(fitInsert({ prefix: [1], suffix: [2] }, 0)).toEqual({ prefix: [], suffix: [] });
  });
});
