import { describe, expect, it } from 'vitest';
import { lastCheckpoint, likelyCuts, nextCheckpoint, thinCheckpoints } from './checkpoint-plan.ts';

const checkpoints = (lengths: number[], bytes = 1) =>
  lengths.map((length) => ({ length, state: new Uint8Array(bytes) }));
const spanOf = (start: number, tokens: number) => ({
  ...({ kind: 'image', digest: '', width: 1, height: 1 } as const),
  ...{ start, tokens, positions: tokens },
});
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

  it('leaves no checkpoint inside of a picture, and always one behind the last', () => {
    const spans = [spanOf(450, 100)];
    expect(nextCheckpoint(0, 1300, spans)).toBe(450);
    expect(nextCheckpoint(450, 1300, spans)).toBe(550);
    expect(nextCheckpoint(550, 1300, spans)).toBe(1024);
    expect(nextCheckpoint(460, 550, spans)).toBeUndefined();
    const several = [spanOf(10, 100), spanOf(200, 50)];
    expect(nextCheckpoint(0, 280, several)).toBe(250);
    expect(nextCheckpoint(250, 280, several)).toBe(272);
    expect(nextCheckpoint(0, 60, [spanOf(4, 20)])).toBeUndefined();
  });
});

describe('likelyCuts', () => {
  it('are shortly before the end and behind the last picture, but not inside of one', () => {
    expect(likelyCuts(300, [])).toEqual([292]);
    expect(likelyCuts(300, [spanOf(10, 100)])).toEqual([292, 110]);
    expect(likelyCuts(300, [spanOf(10, 286)])).toEqual([296, 10]);
    expect(likelyCuts(300, [spanOf(10, 290)])).toEqual([10]);
    expect(likelyCuts(60, [])).toEqual([]);
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
