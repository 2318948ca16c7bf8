import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { createPinoLogger } from './pino-logger.ts';
import { RecentLog } from './recent-log.ts';

function logging(maxLines?: number) {
  const log = new RecentLog(maxLines);
  const destination = new Writable({ write: (_chunk, _encoding, done) => done() });
  const logger = createPinoLogger({ level: () => 'debug', destination, recent: log });
  return { log, logger };
}

it('has the lines of the log, with their fields', () => {
  const { log, logger } = logging();
  logger.child({ requestId: 'r' }).warn('something\n"odd"', { model: 'm', parts: [{ n: 1 }] });
  logger.debug('bare');
  expect(log.from(0, 10)).toEqual({
    lost: 0,
    next: 2,
    lines: [
      {
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        level: 'warn',
        message: 'something\n"odd"',
        fields: { requestId: 'r', model: 'm', parts: [{ n: 1 }] },
      },
      { time: expect.any(String), level: 'debug', message: 'bare' },
    ],
  });
});

it('keeps a bounded number of lines, and says how many a slow reader has lost', () => {
  const { log, logger } = logging(3);
  for (let index = 0; index < 10; index++) logger.info(`line ${index}`);
  const { lost, lines, next } = log.from(2, 2);
  expect([lost, lines.map(({ message }) => message), next]).toEqual([5, ['line 7', 'line 8'], 9]);
  expect(log.from(9, 2)).toMatchObject({ lost: 0, next: 10 });
  expect(log.from(10, 2)).toEqual({ lost: 0, lines: [], next: 10 });
});

it('keeps a bounded number of bytes, and counts a line that is too long as lost', () => {
  const { log, logger } = logging();
  for (let index = 0; index < 1000; index++) logger.info('x'.repeat(20_000));
  expect(log.from(0, 1).lost).toBeGreaterThan(700);
  logger.info('x'.repeat(100_000));
  logger.info('after');
  expect(log.from(log.end - 2, 5)).toMatchObject({ lost: 1, lines: [{ message: 'after' }] });
});

it('hides keys and passwords, also in nested fields', () => {
  const { log, logger } = logging();
  const key = `ok-${'a'.repeat(43)}`;
  logger.error(`failed with ${key}`, {
    url: 'https://u:secret@host/x?signature=abc"',
    nested: { list: [`Bearer ${key}`] },
  });
  const text = JSON.stringify(log.from(0, 1));
  expect(text).toContain('failed with (hidden)');
  expect(text).not.toMatch(/aaaa|secret|signature/);
});

it('wakes readers by a line, by its end and when they leave', async () => {
  const { log, logger } = logging();
  const leaving = new AbortController();
  const woken = [log.reaches(0, new AbortController().signal), log.reaches(5, leaving.signal)];
  logger.info('x');
  leaving.abort();
  await Promise.all(woken);
  await log.reaches(0, new AbortController().signal);
  const last = log.reaches(1, new AbortController().signal);
  log.close();
  await last;
  expect(log.hasEnded).toBe(true);
});
