import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ChildFrame } from '../../protocol/frames.ts';
import { STEP_REPORT_MS } from '../../protocol/step-report.ts';
import { StepRecords } from './step-records.ts';
import { StepReports } from './step-reports.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function reporting() {
  const sent: ChildFrame[] = [];
  const records = new StepRecords();
  const contents = () => ({ slots: [], stored: { hostBytes: 0, hostEntries: 0, diskEntries: 0 } });
  const reports = new StepReports({ records, contents, sender: { send: (frame) => sent.push(frame) } });
  const step = () => {
    records.called({ entries: [], startedAt: performance.now(), milliseconds: 1, tokens: 7 });
    reports.changed();
  };
  const tokens = () =>
    sent.map((frame) =>
      frame.type === 'steps' ? frame.report.groups.reduce((sum, group) => sum + group.tokens, 0) : Number.NaN,
    );
  return { reports, step, tokens };
}

it('begins with what there is, and reports many steps in one frame', () => {
  const { reports, step, tokens } = reporting();
  reports.watch(true);
  expect(tokens()).toEqual([0]);
  for (let count = 0; count < 5; count++) step();
  vi.advanceTimersByTime(STEP_REPORT_MS);
  expect(tokens()).toEqual([0, 35]);
  vi.advanceTimersByTime(10 * STEP_REPORT_MS);
  expect(tokens()).toHaveLength(2);
});

it('sends nothing while nobody watches', () => {
  const { reports, step, tokens } = reporting();
  step();
  reports.watch(true);
  step();
  reports.watch(false);
  step();
  vi.advanceTimersByTime(10 * STEP_REPORT_MS);
  expect(tokens()).toEqual([0]);
});
