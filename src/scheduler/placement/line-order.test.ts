import { describe, expect, it } from 'vitest';
import { fakeLoadTarget } from '../../../test/fakes/scheduler/fake-load-target.ts';
import type { WaitingRequest } from '../instance.ts';
import { AGEING_MS, LineOrder } from './line-order.ts';

const target = fakeLoadTarget('m');
const waiting = (id: number, client: string, more: Partial<WaitingRequest> = {}): WaitingRequest => ({
  id,
  target,
  since: 0,
  client,
  ...more,
});

/** Serves one request after another. @returns their ids, in order of service */
function served(queue: readonly WaitingRequest[], order = new LineOrder(), now = 0): number[] {
  let left = [...queue];
  return queue.map(() => {
    const [next] = order.sort(left, now);
    if (!next) throw new Error('no request is next');
    order.served(next);
    left = left.filter((request) => request !== next);
    return next.id;
  });
}

describe('the order of service', () => {
  it('is the order of arrival for one client', () => {
    expect(served([waiting(1, 'a'), waiting(2, 'a'), waiting(3, 'a')])).toEqual([1, 2, 3]);
  });

  it('lets clients take turns, regardless of how many requests each one has', () => {
    const queue = [1, 2, 3, 4].map((id) => waiting(id, 'a'));
    expect(served([...queue, waiting(5, 'b'), waiting(6, 'b'), waiting(7, 'c')])).toEqual([
      1, 5, 7, 2, 6, 3, 4,
    ]);
  });

  it('prefers the client that was served longest ago', () => {
    const order = new LineOrder();
    order.served(waiting(1, 'a'));
    order.served(waiting(2, 'b'));
    expect(served([waiting(3, 'b'), waiting(4, 'a'), waiting(5, 'c')], order)).toEqual([5, 4, 3]);
  });

  it('serves a higher priority first, regardless of the client', () => {
    expect(
      served([waiting(1, 'a'), waiting(2, 'b', { priority: -1 }), waiting(3, 'c', { priority: 2 })]),
    ).toEqual([3, 1, 2]);
  });

  it('raises a waiting request above later ones of a higher priority', () => {
    const old = waiting(1, 'a', { priority: -2 });
    const late = waiting(2, 'b', { since: 3 * AGEING_MS });
    expect(served([old, late], new LineOrder(), 2 * AGEING_MS - 1)).toEqual([2, 1]);
    expect(served([old, late], new LineOrder(), 3 * AGEING_MS)).toEqual([1, 2]);
  });

  it('forgets old clients, so that memory does not grow with the number of addresses', () => {
    const order = new LineOrder();
    for (let id = 1; id <= 20_000; id += 1) order.served(waiting(id, `client ${id}`));
    const [first] = order.sort([waiting(30_000, 'client 20000'), waiting(30_001, 'client 1')], 0);
    expect(first?.client).toBe('client 1');
  });
});
