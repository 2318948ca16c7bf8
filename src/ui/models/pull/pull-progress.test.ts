import { expect, it } from 'vitest';
import { afterLine, beginning, figuresOf, type PullState } from './pull-progress.ts';

function after(lines: readonly [at: number, digest: string, completed: number, total: number][]): PullState {
  return lines.reduce(
    (state, [at, digest, completed, total]) =>
      afterLine(state, { status: `pulling ${digest}`, digest, completed, total }, at),
    afterLine(beginning, { status: 'pulling manifest' }, 0),
  );
}

it('adds up the files, and knows the rate and the time that is left', () => {
  const state = after([
    [0, 'a', 0, 1000],
    [1000, 'a', 100, 1000],
    [2000, 'a', 200, 1000],
    [2000, 'b', 0, 100],
  ]);
  expect(figuresOf(state)).toEqual({ completed: 200, total: 1100, rate: 100, left: 9 });
  expect(figuresOf(state, 2200)).toMatchObject({ total: 2200, left: 20 });
  expect(state.status).toBe('pulling b');
});

it('does not take for speed what an earlier pull has left', () => {
  const state = after([
    [0, 'a', 500, 1000],
    [1000, 'a', 600, 1000],
  ]);
  expect(figuresOf(state)).toEqual({ completed: 600, total: 1000, rate: 100, left: 4 });
});

it('forgets old samples, so that the rate is that of the last seconds', () => {
  const state = after([
    [0, 'a', 0, 10_000],
    [1000, 'a', 5000, 10_000],
    [20_000, 'a', 5000, 10_000],
    [21_000, 'a', 5010, 10_000],
  ]);
  expect(figuresOf(state).rate).toBe(10);
});

it('says nothing of rate and time before there are two samples, or while nothing arrives', () => {
  expect(figuresOf(after([[0, 'a', 1, 10]]))).toEqual({ completed: 1, total: 10 });
  const stalled = after([
    [0, 'a', 1, 10],
    [1000, 'a', 1, 10],
  ]);
  expect(figuresOf(stalled)).toEqual({ completed: 1, total: 10, rate: 0 });
});
