import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

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

it('lets owners take turns, whatever one of them asks for', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const taken = ['a', 'a', 'a', 'b'].map((owner) => ({ owner, turn: turns.take(owner) }));
  await Promise.all(
    taken.map(async ({ owner, turn }) => {
      await turn.wait(never);
      order.push(owner);
      turn.release();
    }),
  );
  expect(order).toEqual(['a', 'a', 'b', 'a']);
});

it('lets others go first while a turn is aside, but not those of its owner', async () => {
  const turns = new Turns();
  const slow = turns.take('a');
  const own = turns.take('a');
  const other = turns.take('b');
  expect(slow.stepAside()).toBe(true);
  await other.wait(never);
  const later = turns.take('c');
  const back = slow.stepBack(never);
  other.release();
  await back;
  await expect(own.wait(AbortSignal.timeout(1))).rejects.toMatchObject({ code: 'canceled' });
  slow.release();
  await own.wait(never);
  own.release();
  await later.wait(never);
});

it('lets two turns step aside, and another when one of them is released', async () => {
  const turns = new Turns();
  const slow = ['a', 'b', 'c'].map((owner) => turns.take(owner));
  const stepped: boolean[] = [];
  for (const turn of slow) {
    await turn.wait(never);
    stepped.push(turn.stepAside());
  }
  expect(stepped).toEqual([true, true, false]);
  const [first, , third] = slow;
  first?.release();
  expect(third?.stepAside()).toBe(true);
});

it('forgets a turn that is released while it waits to come back', async () => {
  const turns = new Turns();
  const slow = turns.take('a');
  slow.stepAside();
  const other = turns.take('b');
  const leaving = new AbortController();
  const back = slow.stepBack(leaving.signal);
  leaving.abort();
  await expect(back).rejects.toMatchObject({ code: 'canceled' });
  slow.release();
  other.release();
  expect(turns.take('a').mustWait).toBe(false);
});
