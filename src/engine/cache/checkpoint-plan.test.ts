import { describe, expect, it } from 'vitest';
import { lastCheckpoint, nextCheckpoint, thinCheckpoints } from './checkpoint-plan.ts';

const checkpoints = (lengths: number[], bytes = 1) =>
  lengths.map((length) => ({ length, state: new Uint8Array(bytes) }));
const lengthsOf = (list: { length: number }[]) => list.map(({ length }) => length);

describe('nextCheckpoint', () => {
  it('goes through a prompt at regular intervals and stops shortly before the end', () => {
    const found: number[] = [];
    for (let at: number | undefined = nextCheckpoint(0, 1300); at; at = nextCheckpoint(at, 1300))
      found.push(at);
    expect(found).toEqual([512, 1024, 1292]);
  });

  it('leaves no checkpoints in short prompts, nor two close together', () => {
    expect(nextCheckpoint(0, 60)).toBeUndefined();
    expect(lastCheckpoint(60)).toBeUndefined();
    expect(nextCheckpoint(0, 540)).toBe(532);
    expect(nextCheckpoint(535, 540)).toBeUndefined();
  });
});

describe('thinCheckpoints', () => {
  it('keeps at most eight, always the newest, and drops those that leave the smallest gaps', () => {
    const thinned = thinCheckpoints(checkpoints([1000, 100, 110, 300, 400, 500, 600, 700, 800]));
    expect(lengthsOf(thinned)).toEqual([110, 300, 400, 500, 600, 700, 800, 1000]);
  });

  it('stays within a number of bytes', () => {
    const big = checkpoints([100, 200, 300], 100 * 1024 * 1024);
    expect(lengthsOf(thinCheckpoints(big))).toEqual([200, 300]);
  });
});
