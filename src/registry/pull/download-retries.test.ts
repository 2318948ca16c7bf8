import { describe, expect, it } from 'vitest';
import { RegistryStatusError } from '../transport/status-error.ts';
import {
  isWorthRetrying,
  retryAfterMs,
  retryDelay,
  SessionLostError,
  SilenceError,
} from './download-retries.ts';

describe('retries', () => {
  it('come at growing intervals, spread around the usual wait, and end', () => {
    const delays = (random: number) =>
      Array.from({ length: 7 }, (_, failures) => retryDelay(failures, new Error('cut'), 0, random));
    expect(delays(0)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, undefined]);
    expect(delays(1)).toEqual([1500, 3000, 6000, 12_000, 24_000, 48_000, undefined]);
  });

  it('wait as long as the registry requests, up to a minute', () => {
    const busy = (retryAfter: string) => new RegistryStatusError(503, 'busy', retryAfter);
    expect(retryDelay(0, busy('7'), 0, 0)).toBe(7000);
    expect(retryDelay(0, busy('86400'), 0, 0)).toBe(60_000);
    expect(retryDelay(0, busy('soon'), 0, 0)).toBe(500);
    expect(retryDelay(6, busy('1'), 0, 0)).toBeUndefined();
    const now = Date.UTC(2024, 0, 1);
    expect(retryAfterMs('Mon, 01 Jan 2024 00:00:20 GMT', now)).toBe(20_000);
    expect(retryAfterMs('Sun, 31 Dec 2023 00:00:00 GMT', now)).toBe(0);
    expect(retryAfterMs(undefined, now)).toBeUndefined();
  });

  it('are for server errors, not for refusals', () => {
    const worth = [500, 503, 429, 408].map((status) => isWorthRetrying(new RegistryStatusError(status, '')));
    const useless = [400, 403, 416].map((status) => isWorthRetrying(new RegistryStatusError(status, '')));
    expect([...worth, ...useless]).toEqual([true, true, true, true, false, false, false]);
  });

  it('come at once after silence, equally often', () => {
    const silence = new SilenceError(new Error('aborted'));
    expect(isWorthRetrying(silence)).toBe(true);
    expect([0, 5, 6].map((failures) => retryDelay(failures, silence, 0, 1))).toEqual([0, 0, undefined]);
    expect(isWorthRetrying(new SessionLostError())).toBe(true);
  });
});
