import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fakes/fake-clock.ts';
import { Bandwidth, TokenBucket } from './bandwidth.ts';

describe('TokenBucket', () => {
  it('provides exactly its rate over time, whatever the size of the requests', () => {
    const bucket = new TokenBucket();
    let now = 0;
    let bytes = 0;
    for (let turn = 0; turn < 1000; turn += 1) {
      const piece = 1 + ((turn * 7919) % 5000);
      bytes += piece;
      now += bucket.take(piece, 10_000, now);
    }
    expect(bytes / (now / 1000)).toBeGreaterThan(9900);
    expect(bytes / (now / 1000)).toBeLessThan(10_100);
  });

  it('saves up no more than a quarter of a second', () => {
    const bucket = new TokenBucket();
    expect(bucket.take(250, 1000, 0)).toBe(0);
    expect(bucket.take(250, 1000, 3_600_000)).toBe(0);
    expect(bucket.take(100, 1000, 3_600_000)).toBe(100);
  });

  it('never waits without a limit, and forgets its debt meanwhile', () => {
    const bucket = new TokenBucket();
    expect(bucket.take(1e9, 1000, 0)).toBeGreaterThan(0);
    expect(bucket.take(1e9, 0, 0)).toBe(0);
    expect(bucket.take(250, 1000, 0)).toBe(0);
  });

  it('is not confused by a clock that is set back', () => {
    const bucket = new TokenBucket();
    bucket.take(250, 1000, 5000);
    expect(bucket.take(100, 1000, 0)).toBe(100);
  });
});

describe('Bandwidth', () => {
  it('delays the next caller, reports long waits, and can be canceled', async () => {
    const clock = new FakeClock();
    const bandwidth = new Bandwidth(() => 1000, clock);
    const signal = new AbortController();
    let waits = 0;
    const spent = bandwidth.spend(12_250, signal.signal, () => {
      waits += 1;
    });
    for (const expected of [1, 2, 3]) {
      clock.advance(5000);
      await expect.poll(() => waits).toBe(expected);
    }
    await spent;
    const other = bandwidth.spend(100_000, signal.signal, () => undefined);
    signal.abort();
    await expect(other).rejects.toMatchObject({ code: 'canceled' });
    expect(clock.pendingTimers).toBe(0);
  });
});
