import { expect, it } from 'vitest';
import { contextSteps } from './load-steps.ts';

it.each([
  [8192, [0, 2048, 4096, 8192]],
  [10_000, [0, 2048, 4096, 8192, 10_000]],
  [512, [0, 512]],
  [0, [0, 2048, 4096, 8192, 16_384, 32_768]],
])('offers contexts up to the longest of %d tokens', (longest, steps) => {
  expect(contextSteps(longest)).toEqual(steps);
});
