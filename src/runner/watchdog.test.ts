import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/fakes/fake-clock.ts';
import { createDeferred } from '../base/deferred.ts';
import { Watchdog } from './watchdog.ts';

function setup(timeoutMs = 8000) {
  const clock = new FakeClock();
  const seen = { hangs: 0 };
  const watchdog = new Watchdog({ timeoutMs, clock, onHang: () => seen.hangs++ });
  return { clock, seen, watchdog };
}

describe('Watchdog', () => {
  it('reports a runner with work and no progress, once', () => {
    const { clock, seen, watchdog } = setup();
    watchdog.setBusy(true);
    clock.advance(7999);
    expect(seen.hangs).toBe(0);
    clock.advance(1);
    expect(seen.hangs).toBe(1);
    clock.advance(60_000);
    expect(seen.hangs).toBe(1);
  });

  it('ignores a runner that makes progress, however slowly', () => {
    const { clock, seen, watchdog } = setup();
    watchdog.setBusy(true);
    for (let step = 0; step < 10; step++) {
      clock.advance(6900);
      watchdog.progress();
    }
    expect(seen.hangs).toBe(0);
  });

  it('does not watch a runner without work, and keeps no timer', () => {
    const { clock, seen, watchdog } = setup();
    watchdog.setBusy(true);
    clock.advance(5000);
    watchdog.setBusy(false);
    expect(clock.pendingTimers).toBe(0);
    clock.advance(60_000);
    watchdog.setBusy(true);
    clock.advance(5000);
    expect(seen.hangs).toBe(0);
  });

  it('does not start over when more work arrives', () => {
    const { clock, seen, watchdog } = setup();
    watchdog.setBusy(true);
    clock.advance(5000);
    watchdog.setBusy(true);
    clock.advance(3000);
    expect(seen.hangs).toBe(1);
  });

  it('counts a time in which this process itself was suspended as one check', () => {
    const seen = { hangs: 0 };
    const callbacks: (() => void)[] = [];
    const clock = {
      now: () => 0,
      date: () => 0,
      after: (_: number, callback: () => void) => {
        callbacks.push(callback);
        return () => undefined;
      },
    };
    const watchdog = new Watchdog({ timeoutMs: 8000, clock, onHang: () => seen.hangs++ });
    watchdog.setBusy(true);
    // However late the timer fires, there is only one.
    callbacks.shift()?.();
    expect([seen.hangs, callbacks.length]).toEqual([0, 1]);
  });

  it('is off for a limit of Infinity', () => {
    const { clock, seen, watchdog } = setup(Number.POSITIVE_INFINITY);
    watchdog.setBusy(true);
    expect(clock.pendingTimers).toBe(0);
    clock.advance(1e9);
    expect(seen.hangs).toBe(0);
  });

  it('excuses a runner that waits for us, and watches it again from then on', async () => {
    const { clock, seen, watchdog } = setup();
    watchdog.setBusy(true);
    const ours = [createDeferred<number>(), createDeferred<number>()] as const;
    const [first, second] = ours.map(({ promise }) => watchdog.excuse(promise));
    clock.advance(60_000);
    ours[0].resolve(1);
    expect(await first).toBe(1);
    clock.advance(60_000);
    expect(seen.hangs).toBe(0);
    ours[1].reject(new Error('no'));
    await expect(second).rejects.toThrow('no');
    clock.advance(7000);
    expect(seen.hangs).toBe(0);
    clock.advance(1000);
    expect(seen.hangs).toBe(1);
  });
});
