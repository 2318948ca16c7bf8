import { describe, expect, it } from 'vitest';
import { textWidth } from './cut-to-width.ts';
import { type ProgressLine, progressLine } from './progress-bar.ts';

const line = (overrides: Partial<ProgressLine> = {}): ProgressLine => ({
  status: 'pulling 74701a8c35f6',
  total: 4_000_000_000,
  completed: 1_000_000_000,
  rate: 100_000_000,
  spinner: '',
  room: 99,
  ...overrides,
});

describe('progressLine', () => {
  it('shows percent, bar, sizes, rate and time left', () => {
    expect(progressLine(line())).toBe(
      `pulling 74701a8c35f6:  25% ▕${'█'.repeat(9)}${' '.repeat(29)}▏ 1 GB/4 GB      100 MB/s  30s   `,
    );
  });

  it.each([
    [40, 'pulling 74701a8c35f6:  25% ▕██         ▏'],
    [34, 'pulling 74701a8c35f6:  25% ▕█    ▏'],
    [33, 'pulling 74701a8c35f6 25%'],
    [24, 'pulling 74701a8c35f6 25%'],
    [19, 'pulling 74701a… 25%'],
    [5, '… 25%'],
    [4, '25%'],
    [3, '25%'],
    [2, '2…'],
    [1, '…'],
    [0, ''],
  ])('omits what does not fit into %i columns', (room, expected) => {
    expect(progressLine(line({ room }))).toBe(expected);
  });

  it('never takes more columns than there are, even with wide characters', () => {
    for (const status of ['s', 'pulling 74701a8c35f6', '模型 模型 模型 模型', 'e\u0301'.repeat(30)]) {
      for (let room = 0; room < 200; room++) {
        expect(textWidth(progressLine(line({ room, status })))).toBeLessThanOrEqual(room);
        expect(textWidth(progressLine(line({ room, status, total: undefined })))).toBeLessThanOrEqual(room);
      }
    }
  });

  it('aligns the bars of several lines', () => {
    const ends = [
      line({ completed: 1, rate: undefined }),
      line({ completed: 3_999_999_999, rate: 5 }),
      line({ completed: 4_000_000_000 }),
    ].map((each) => progressLine({ ...each, room: 85 }).indexOf('▏'));
    expect(new Set(ends).size).toBe(1);
  });

  it('shows a stalled download with a rate of 0 and without the time left', () => {
    expect(progressLine(line({ rate: 0 })).trimEnd()).toMatch(/ 1 GB\/4 GB {6}0 B\/s$/);
  });

  it('fills the bar only at the end, and then shows one size', () => {
    const almost = progressLine(line({ completed: 3_999_999_999 }));
    expect(almost).toMatch(/ 99% ▕█+ ▏/);
    expect(progressLine(line({ completed: 4_000_000_000 })).trimEnd()).toMatch(/ 100% ▕█+▏ 4 GB$/);
  });

  it('shows a status without sizes unchanged', () => {
    const status = { status: 'writing manifest', total: undefined };
    expect(progressLine(line({ ...status, spinner: '⠋ ' }))).toBe('⠋ writing manifest');
  });
});
