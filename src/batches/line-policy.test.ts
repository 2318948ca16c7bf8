import { expect, it } from 'vitest';
import { afterReply } from './line-policy.ts';

const reply = (status: number, more: object = {}) =>
  afterReply({ status, failures: 1, refusals: 1, ...more });

it('replies and mistakes of the sender are written', () => {
  for (const status of [200, 400, 403, 404, 413]) expect(reply(status)).toEqual({ type: 'write' });
});

it('refusals let all lines wait, as long as they say or longer each time, and never fail a line', () => {
  expect(reply(429, { retryAfterS: 7 })).toEqual({ type: 'again', waitMs: 7000, pausesAll: true });
  const waits = [1, 2, 3, 20, 1000].map((refusals) => reply(503, { refusals, retryAfterS: 1 }));
  expect(waits.map((step) => step.type === 'again' && step.waitMs)).toEqual([
    1000, 1000, 2000, 30_000, 30_000,
  ]);
  expect(reply(429, { retryAfterS: 86_400 })).toMatchObject({ waitMs: 30_000 });
});

it('a failure of the server is tried three times', () => {
  expect(reply(500, { failures: 1 })).toMatchObject({ type: 'again', pausesAll: false });
  expect(reply(500, { failures: 2 })).toMatchObject({ type: 'again', pausesAll: false });
  expect(reply(500, { failures: 3 })).toEqual({ type: 'write' });
});
