import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ChildFrame } from '../../protocol/frames.ts';
import { EngineMeter } from './engine-meter.ts';
import { FigureReports } from './figure-reports.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function reporting() {
  const sent: ChildFrame[] = [];
  const meter = new EngineMeter();
  const clock = { now: 0 };
  const reports = new FigureReports({
    take: () => meter.take(0),
    sender: { send: (frame) => sent.push(frame) },
    now: () => clock.now,
  });
  const step = (milliseconds: number) => {
    meter.step(1);
    reports.changed();
    clock.now += milliseconds;
    vi.advanceTimersByTime(milliseconds);
  };
  const tokens = () =>
    sent.map((frame) => (frame.type === 'figures' ? frame.figures.stepTokens.sum : Number.NaN));
  return { reports, step, tokens, clock };
}

it('reports at most once a second while there is work, and loses nothing', () => {
  const { step, tokens, clock } = reporting();
  for (let count = 0; count < 35; count++) step(100);
  expect(tokens()).toHaveLength(4);
  clock.now += 1000;
  vi.advanceTimersByTime(1000);
  expect(tokens()).toHaveLength(5);
  expect(tokens().reduce((sum, count) => sum + count, 0)).toBe(35);
});

it('reports the end of the work once, and is silent without work', () => {
  const { step, tokens } = reporting();
  step(10);
  step(10);
  vi.advanceTimersByTime(60_000);
  expect(tokens()).toEqual([1, 1]);
});

it('reports what is left before the process ends', () => {
  const { reports, step, tokens } = reporting();
  step(10);
  step(10);
  reports.send();
  reports.send();
  expect(tokens()).toEqual([1, 1]);
});
