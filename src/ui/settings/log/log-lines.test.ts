import { describe, expect, it } from 'vitest';
import type { LogLine } from '../../../api/logs.ts';
import { fieldsText, isShown, withLines } from './log-lines.ts';

const line = (message: string, level: LogLine['level'] = 'info'): LogLine => ({ time: '', level, message });

describe('the kept lines', () => {
  it('are numbered, and the oldest go', () => {
    const first = withLines([], [line('a'), { lost: 3 }, line('b')]);
    expect(first.map(({ number }) => number)).toEqual([1, 2, 3]);
    const many = withLines(
      first,
      Array.from({ length: 1000 }, () => line('c')),
    );
    expect([many.length, many[0]?.number, many.at(-1)?.number]).toEqual([1000, 4, 1003]);
  });

  it('do not change with an event that only keeps the connection alive', () => {
    const kept = withLines([], [line('a')]);
    expect(withLines(kept, [{ lost: 0 }])).toBe(kept);
  });
});

it('shows lines of a level and above that contain a text, and always where lines are missing', () => {
  const kept = withLines(
    [],
    [
      line('loads', 'debug'),
      { ...line('Request'), fields: { model: 'fox' } },
      { lost: 2 },
      line('bad', 'error'),
    ],
  );
  const shown = (level: LogLine['level'], needle = '') =>
    kept.filter((one) => isShown(one, level, needle)).map(({ number }) => number);
  expect(shown('debug')).toEqual([1, 2, 3, 4]);
  expect(shown('warn')).toEqual([3, 4]);
  expect(shown('debug', 'fox')).toEqual([2, 3]);
  expect(shown('debug', 'request')).toEqual([2, 3]);
});

it('writes fields so that each can be told from the next', () => {
  expect(fieldsText({ fields: { model: 'm', note: 'a b', list: [1], quote: 'a"b' } })).toBe(
    'model=m note="a b" list=[1] quote="a\\"b"',
  );
  expect(fieldsText({})).toBe('');
});
