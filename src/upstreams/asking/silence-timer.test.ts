import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fakes/fake-clock.ts';
import { SilenceTimer } from './silence-timer.ts';

function timed() {
  const clock = new FakeClock();
  const abort = new AbortController();
  const limits = { name: 'up', firstByteTimeoutMs: 3000, idleTimeoutMs: 2000 };
  return { clock, abort, timer: new SilenceTimer(limits, clock, abort) };
}

describe('an answer', () => {
  it('that has begun is given up when only signs of life come for as long as it may take to begin', () => {
    const { clock, abort, timer } = timed();
    timer.begun();
    for (let turn = 0; turn < 29; turn++) {
      clock.advance(100);
      timer.heard();
    }
    expect(abort.signal.aborted).toBe(false);
    clock.advance(100);
    expect(timer.reason?.message).toContain('only signs of life, for 3 s');
  });

  it('that goes on is never given up', () => {
    const { clock, abort, timer } = timed();
    for (let turn = 0; turn < 100; turn++) {
      timer.begun();
      clock.advance(1900);
    }
    expect(abort.signal.aborted).toBe(false);
    clock.advance(100);
    expect(timer.reason?.message).toContain('was silent in its answer for 2 s');
  });
});
