import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';

describe('systemClock', () => {
  it('calls back once, unless canceled', async () => {
    const calls: string[] = [];
    systemClock.after(1, () => calls.push('kept'));
    systemClock.after(1, () => calls.push('canceled'))();
    await delay(20);
    expect(calls).toEqual(['kept']);
  });

  it('counts on, whatever the time of day is', () => {
    const timeOfDay = vi.spyOn(Date, 'now');
    try {
      const before = systemClock.now();
      for (const hours of [1, -1]) {
        timeOfDay.mockReturnValue(performance.timeOrigin + hours * 3_600_000);
        expect(systemClock.now() - before).toBeGreaterThanOrEqual(0);
        expect(systemClock.now() - before).toBeLessThan(3_600_000);
        expect(systemClock.date()).toBe(Date.now());
      }
    } finally {
      timeOfDay.mockRestore();
    }
  });

  it('does not fire at once for a delay longer than Node timers support', async () => {
    let fired = false;
    const cancel = systemClock.after(Number.POSITIVE_INFINITY, () => {
      fired = true;
    });
    await delay(20);
    cancel();
    expect(fired).toBe(false);
  });
});
