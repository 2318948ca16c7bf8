import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AsyncQueue } from './async-queue.ts';

async function collect<T>(queue: AsyncQueue<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

describe('AsyncQueue', () => {
  it('delivers items pushed before and after the reader starts, in order', async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    const reading = collect(queue);
    await delay(0);
    queue.push(2);
    queue.push(3);
    await delay(0);
    queue.end();
    expect(await reading).toEqual([1, 2, 3]);
  });

  it('delivers items pushed while the reader handles another', async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    const items: number[] = [];
    for await (const item of queue) {
      items.push(item);
      if (item < 4) queue.push(item + 1);
      else queue.end();
    }
    expect(items).toEqual([1, 2, 3, 4]);
  });

  it('delivers queued items before the error', async () => {
    const queue = new AsyncQueue<string>();
    const items: string[] = [];
    queue.push('first');
    queue.fail(new Error('broken'));
    const reading = (async () => {
      for await (const item of queue) items.push(item);
    })();
    await expect(reading).rejects.toThrow('broken');
    expect(items).toEqual(['first']);
  });

  it('ignores pushes and further endings after the end', async () => {
    const queue = new AsyncQueue<number>();
    queue.end();
    queue.push(1);
    queue.fail(new Error('late'));
    expect(await collect(queue)).toEqual([]);
  });

  it('merges neighbouring items for a slow reader without losing any', async () => {
    const queue = new AsyncQueue<string>((last, next) => (next === '|' ? undefined : last + next));
    const all = Array.from({ length: 1000 }, (_, index) => `${index % 10}`);
    for (const item of [...all, '|', ...all]) queue.push(item);
    queue.end();
    const items = await collect(queue);
    expect(items.length).toBeLessThan(100);
    expect(items.join('')).toBe(`${all.join('')}|${all.join('')}`);
  });

  it('reports when the unread items weigh too much, and not when they are read in time', async () => {
    let full = 0;
    const queue = new AsyncQueue<string>(undefined, {
      weigh: ({ length }) => length,
      max: 10,
      onFull: () => {
        full += 1;
      },
    });
    const items = queue[Symbol.asyncIterator]();
    for (let round = 0; round < 5; round++) {
      queue.push('12345');
      queue.push('12345');
      expect([(await items.next()).value, (await items.next()).value]).toEqual(['12345', '12345']);
    }
    expect(full).toBe(0);
    for (const item of ['12345', '12345', '1']) queue.push(item);
    expect(full).toBe(1);
  });
});
