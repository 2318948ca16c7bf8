import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { StreamSlots } from '../registry/pull/stream-slots.ts';
import { runTogether } from './together.ts';

const never = new AbortController().signal;

describe('runTogether', () => {
  it('processes every item once, at most `limit` at a time', async () => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await runTogether([1, 2, 3, 4, 5, 6, 7], 3, never, async (item) => {
      most = Math.max(most, ++running);
      await sleep(1);
      running -= 1;
      done.push(item);
    });
    expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
  });

  it('aborts the others at the first failure and throws it when all have ended', async () => {
    const ended: number[] = [];
    const work = runTogether([1, 2, 3, 4], 2, never, async (item, signal) => {
      if (item === 2) throw new Error('second');
      await sleep(5000, undefined, { signal }).catch(() => undefined);
      ended.push(item);
      throw new Error('aborted');
    });
    await expect(work).rejects.toThrow('second');
    expect(ended).toEqual([1]);
  });
});

describe('StreamSlots', () => {
  it('are granted in turn and not lost when a waiter gives up', async () => {
    const slots = new StreamSlots(1);
    const order: string[] = [];
    const use = (name: string, signal = never) =>
      slots.use(signal, async () => {
        order.push(name);
        await sleep(2);
      });
    const impatient = new AbortController();
    const first = use('first');
    const second = use('second', impatient.signal);
    const third = use('third');
    impatient.abort();
    await expect(second).rejects.toMatchObject({ code: 'canceled' });
    await Promise.all([first, third]);
    await use('fourth');
    expect(order).toEqual(['first', 'third', 'fourth']);
  });
});
