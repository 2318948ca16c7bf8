import { expect, it } from 'vitest';
import { prettyLogLine } from './log-line.ts';

it('shows time, level, message and fields', () => {
  const line = JSON.stringify({
    level: 40,
    time: '2026-01-31T12:00:00.000Z',
    model: 'tiny:latest',
    reason: 'no room',
    counts: { a: 1 },
    msg: 'not loaded',
  });
  expect(prettyLogLine(line)).toBe(
    '2026-01-31T12:00:00.000Z WARN  not loaded model=tiny:latest reason="no room" counts={"a":1}',
  );
});

it.each(['Listening on http://127.0.0.1:11434', '{"level":30', '{}', '{"msg":1,"level":30}', ''])(
  'leaves %j as it is',
  (line) => {
    expect(prettyLogLine(line)).toBe(line);
  },
);

it('keeps text in a log from controlling the terminal', () => {
  const line = JSON.stringify({ level: 30, msg: 'a\u001b[2Jb\u009bc', name: '\u0007' });
  expect(prettyLogLine(line)).toBe('INFO  a\\x1b[2Jb\\x9bc name=\\x07');
  expect(prettyLogLine('plain \u001b]0;title\u0007')).toBe('plain \\x1b]0;title\\x07');
});

it('cuts a very long line', () => {
  expect(prettyLogLine('x'.repeat(1_000_000)).length).toBeLessThan(20_000);
});
