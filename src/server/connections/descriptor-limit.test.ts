import { expect, it } from 'vitest';
import { connectionBounds, lowLimitWarning } from './descriptor-limit.ts';

it.each([
  [64, 16, 8],
  [128, 32, 16],
  [1024, 928, 464],
  [65_536, 16_384, 4096],
  [Number.POSITIVE_INFINITY, 16_384, 4096],
  [undefined, 928, 464],
])('of %s files, allows %s connections, %s of them waiting', (files, connections, waiting) => {
  expect(connectionBounds(files)).toEqual({ connections, waiting });
});

it('warns about a low limit, and says what to raise', () => {
  expect(lowLimitWarning(128)).toBe(
    'this process may open only 128 files, so at most 32 clients can connect; raise the limit with ' +
      '"ulimit -n 65536" in the shell, or with LimitNOFILE= in the service',
  );
  expect([lowLimitWarning(1024), lowLimitWarning(undefined)]).toEqual([undefined, undefined]);
});
