import { expect, it } from 'vitest';
import { isFinal, retryDelay } from './engine-feed.ts';

it('waits longer after each failure, up to ten seconds', () => {
  expect([1, 2, 3, 4, 5, 50].map(retryDelay)).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
});

it('does not ask again what the server will not allow', () => {
  expect([401, 403, 404].map(isFinal)).toEqual([true, true, true]);
  expect([0, 408, 429, 500, 503].map(isFinal)).toEqual([false, false, false, false, false]);
});
