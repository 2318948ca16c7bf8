import { describe, expect, it } from 'vitest';
import { Pace } from './pace.ts';
import { nextStage, type StageLimits } from './stage-plan.ts';

/** A machine with one multiplication per microsecond. */
function pace(): Pace {
  const result = new Pace();
  result.learn([{ kind: 'work', multiplications: 1e6 }], 1);
  return result;
}

const pass = (rows: number, work: number, rowBytes = 1) => ({ kind: 'work', rows, work, rowBytes });
const limits: StageLimits = { seconds: 0.1, bytes: 1000 };
const start = { pass: 0, row: 0 };

describe('nextStage', () => {
  it('joins passes as long as they fit into the time', () => {
    const passes = [pass(10, 3000), pass(10, 3000), pass(10, 3000), pass(10, 3000)];
    const stage = nextStage(passes, start, pace(), limits);
    expect(stage.map((part) => part.pass)).toEqual([0, 1, 2]);
    expect(stage.every(({ rows }) => rows.from === 0 && rows.to === 10)).toBe(true);
    expect(nextStage(passes, { pass: 3, row: 0 }, pace(), limits)).toHaveLength(1);
  });

  it('cuts a pass that takes too long into parts of about the same size', () => {
    const passes = [pass(100, 2500)];
    const sizes: number[] = [];
    for (let row = 0; row < 100; ) {
      const [part] = nextStage(passes, { pass: 0, row }, pace(), limits);
      expect(part?.rows.from).toBe(row);
      sizes.push((part?.rows.to ?? 0) - row);
      row = part?.rows.to ?? 100;
    }
    expect(sizes.length).toBe(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(40);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  it('cuts a pass that needs too much memory, and does not join it with others', () => {
    const passes = [pass(10, 1), pass(100, 1, 50), pass(10, 1)];
    expect(nextStage(passes, start, pace(), limits).map((part) => part.pass)).toEqual([0]);
    expect(nextStage(passes, { pass: 1, row: 0 }, pace(), limits)).toEqual([
      { pass: 1, rows: { from: 0, to: 20 } },
    ]);
  });

  it('computes at least one row, whatever it takes', () => {
    expect(nextStage([pass(3, 1e9, 1e9)], start, pace(), limits)).toEqual([
      { pass: 0, rows: { from: 0, to: 1 } },
    ]);
  });

  it('ends with the last pass', () => {
    expect(nextStage([pass(1, 1)], { pass: 1, row: 0 }, pace(), limits)).toEqual([]);
  });
});
