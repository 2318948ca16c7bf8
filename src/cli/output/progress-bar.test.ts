import { describe, expect, it } from 'vitest';
import { type ProgressRow, progressLine } from './progress-bar.ts';

const row = (overrides: Partial<ProgressRow>): ProgressRow => ({
  event: { status: 'pulling 74701a8c35f6', total: 4_000_000_000, completed: 1_000_000_000 },
  startedAt: 0,
  startedWith: 0,
  now: 10_000,
  spinner: '',
  columns: 100,
  ...overrides,
});

describe('progressLine', () => {
  it('shows percent, bar, sizes, rate and time left', () => {
    expect(progressLine(row({}))).toMatch(
      /^pulling 74701a8c35f6: {2}25% ▕█+ +▏ 1 GB\/4 GB {2}100 MB\/s {2}30s$/,
    );
  });

  it('counts only what came since it started towards the rate', () => {
    const resumed = row({ startedWith: 900_000_000 });
    expect(progressLine(resumed)).toContain('10 MB/s');
  });

  it('never exceeds the width of the terminal', () => {
    for (let columns = 10; columns < 200; columns++) {
      expect(progressLine(row({ columns })).length).toBeLessThanOrEqual(columns);
    }
  });

  it('drops rate and time when nothing is left', () => {
    const done = row({ event: { status: 's', total: 100, completed: 100 } });
    expect(progressLine(done)).toMatch(/100% ▕█+▏ 100 B\/100 B$/);
  });

  it('shows a status without a measure as it is', () => {
    expect(progressLine(row({ event: { status: 'writing manifest' }, spinner: '⠋ ' }))).toBe(
      '⠋ writing manifest',
    );
  });
});
