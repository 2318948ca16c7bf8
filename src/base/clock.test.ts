import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemClock } from './clock.ts';

describe('systemClock', () => {
  it('calls back once, unless canceled', async () => {
    const calls: string[] = [];
    systemClock.after(1, () => calls.push('kept'));
    systemClock.after(1, () => calls.push('canceled'))();
    await delay(20);
    expect(calls).toEqual(['kept']);
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
