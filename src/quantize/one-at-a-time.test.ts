import { expect, it } from 'vitest';
import { Turns } from './one-at-a-time.ts';

const never = new AbortController().signal;

it('grants turns in order and skips a waiter that left', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const first = turns.take();
  const second = turns.take();
  const third = turns.take();
  expect([first, second, third].map(({ mustWait }) => mustWait)).toEqual([false, true, true]);
  await first.wait(never);
  const leaving = new AbortController();
  const left = second.wait(leaving.signal).finally(() => second.release());
  const got = third.wait(never).then(() => order.push('third'));
  leaving.abort();
  await expect(left).rejects.toMatchObject({ code: 'canceled' });
  expect(order).toEqual([]);
  first.release();
  await got;
  third.release();
  expect(turns.take().mustWait).toBe(false);
});

it('does not wait when already canceled', async () => {
  await expect(new Turns().take().wait(AbortSignal.abort())).rejects.toMatchObject({ code: 'canceled' });
});
