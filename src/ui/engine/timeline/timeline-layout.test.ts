import { expect, it } from 'vitest';
import type { Lane, Phase } from './phases.ts';
import { phaseAfterMove, phaseAt, phasesInView, ROW_HEIGHT, rowsOf, timeToX } from './timeline-layout.ts';

let lastId = 0;
function phase(startedAt: number, endedAt: number, open = false): Phase {
  lastId += 1;
  const sums = { busyMs: 0, tokens: 0, draftTaken: 0, draftRefused: 0 };
  return { id: lastId, kind: 'decode', run: lastId, startedAt, endedAt, open, ...sums, steps: [] };
}
function lane(runner: number, slot: number, phases: Phase[] = []): Lane {
  return { key: `${runner}/${slot}`, runner, slot, model: `m${runner}`, since: 0, until: undefined, phases };
}
const view = { from: 0, to: 1000, width: 500 };

it('lists models in order of their loads, each above its slots', () => {
  const rows = rowsOf([lane(2, 0), lane(1, 1), lane(1, 0)]);
  expect(rows.map(({ lane, model }) => lane?.key ?? model)).toEqual(['m1', '1/0', '1/1', 'm2', '2/0']);
  expect(rows.map(({ top }) => top / ROW_HEIGHT)).toEqual([0, 1, 2, 3, 4]);
});

it('maps the window to the width', () => {
  expect([0, 500, 1000].map((time) => timeToX(time, view))).toEqual([0, 250, 500]);
});

it('finds the block below the pointer, or one within a few pixels', () => {
  const [first, second] = [phase(100, 200), phase(205, 300)];
  const rows = rowsOf([lane(1, 0, [first, second])]);
  const y = ROW_HEIGHT * 1.5;
  expect(phaseAt(rows, view, 75, y)).toBe(first);
  expect(phaseAt(rows, view, 102, y)).toBe(second);
  expect(phaseAt(rows, view, 47, y)).toBe(first);
  expect(phaseAt(rows, view, 20, y)).toBeUndefined();
  expect(phaseAt(rows, view, 75, ROW_HEIGHT / 2)).toBeUndefined();
  expect(phaseAt(rows, view, 75, 9999)).toBeUndefined();
});

it('goes through the blocks with the arrow keys', () => {
  const [a, b, c] = [phase(0, 100), phase(200, 300), phase(600, 900)];
  const [d, e] = [phase(150, 320), phase(950, 990)];
  const rows = rowsOf([lane(1, 0, [a, b, c]), lane(1, 1), lane(1, 2, [d, e])]);
  const move = (from: Phase | undefined, key: Parameters<typeof phaseAfterMove>[3]) =>
    phaseAfterMove(rows, view, from, key);
  expect(move(undefined, 'left')).toBe(e);
  expect(move(b, 'left')).toBe(a);
  expect(move(a, 'left')).toBe(a);
  expect(move(b, 'right')).toBe(c);
  expect(move(b, 'down')).toBe(d);
  expect(move(c, 'down')).toBe(e);
  expect(move(d, 'up')).toBe(b);
  expect(move(d, 'down')).toBe(d);
  expect(move(c, 'first')).toBe(a);
  expect(move(a, 'last')).toBe(c);
});

it('shows what reaches into the window, and loads that go on until its end', () => {
  const [old, cut, open] = [phase(-500, -100), phase(-200, 50), phase(100, 150, true)];
  expect(phasesInView(lane(1, 0, [old, cut, open]), view)).toEqual([cut, open]);
});
