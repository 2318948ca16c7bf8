import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fakes/fake-clock.ts';
import { FakeRunner } from '../../../test/fakes/runners/fake-runner.ts';
import { createDeferred } from '../../base/deferred.ts';
import { OllamaError } from '../../base/errors.ts';
import { Lease } from '../../scheduler/lease.ts';
import { awaitedLease, QUEUE_PROGRESS_MS, UNREAD_LEASE_MS } from './awaited-lease.ts';

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function waiting() {
  const clock = new FakeClock();
  const acquiring = createDeferred<Lease>();
  const now = { position: 2 };
  const given = { back: 0 };
  const place = () => ({ position: now.position, waits_for: 'slot' as const });
  const events = awaitedLease(acquiring.promise, { place, clock });
  const lease = new Lease(
    { runner: new FakeRunner(), loadNanoseconds: 0, load: undefined },
    () => given.back++,
  );
  /** The next value, after as much time as it takes. */
  const next = async () => {
    const reading = events.next();
    await settled();
    clock.advance(QUEUE_PROGRESS_MS);
    return await reading;
  };
  return { clock, acquiring, now, given, events, lease, next };
}

describe('awaitedLease', () => {
  it('tells the place when it has changed, and returns the lease', async () => {
    const { clock, acquiring, now, given, events, lease, next } = waiting();
    expect((await next()).value).toEqual({ position: 2, waits_for: 'slot' });
    const later = events.next();
    await settled();
    clock.advance(QUEUE_PROGRESS_MS);
    await settled();
    now.position = 1;
    clock.advance(QUEUE_PROGRESS_MS);
    expect((await later).value).toEqual({ position: 1, waits_for: 'slot' });
    acquiring.resolve(lease);
    expect(await events.next()).toEqual({ done: true, value: lease });
    clock.advance(UNREAD_LEASE_MS);
    expect(given.back).toBe(0);
  });

  it('tells nothing to whoever need not wait', async () => {
    const { acquiring, events, lease } = waiting();
    acquiring.resolve(lease);
    expect(await events.next()).toEqual({ done: true, value: lease });
  });

  it('throws what the wait ends with, also if that came while nobody read', async () => {
    const { acquiring, events, next } = waiting();
    await next();
    acquiring.reject(new OllamaError('busy', 'too many'));
    await settled();
    await expect(events.next()).rejects.toThrow('too many');
  });

  it('gives the lease back when the reader left before it came', async () => {
    const { acquiring, given, events, lease, next } = waiting();
    await next();
    await events.return(undefined as never);
    acquiring.resolve(lease);
    await settled();
    expect(given.back).toBe(1);
  });

  it('gives the lease back when the reader stays away, so that nobody holds a slot by not reading', async () => {
    const { clock, acquiring, given, events, lease, next } = waiting();
    await next();
    acquiring.resolve(lease);
    await settled();
    clock.advance(UNREAD_LEASE_MS - 1);
    expect(given.back).toBe(0);
    clock.advance(1);
    expect(given.back).toBe(1);
    await expect(events.next()).rejects.toMatchObject({ code: 'canceled' });
  });
});
