import { describe, expect, it } from 'vitest';
import { listTimeoutMs, stallLimits } from './metal-compile.ts';

describe('stallLimits', () => {
  const short = { loadTimeoutMs: 1000, hangTimeoutMs: 2000 };
  const long = { loadTimeoutMs: 300_000, hangTimeoutMs: Number.POSITIVE_INFINITY };

  it('leave Metal a minute to compile its kernels, and more where the settings say so', () => {
    expect(stallLimits(short, ['MTL0'])).toEqual({ loadTimeoutMs: 60_000, hangTimeoutMs: 60_000 });
    expect(stallLimits(long, ['MTL0'])).toEqual(long);
  });

  it('are those of the settings on the CPU and on other GPUs', () => {
    for (const gpus of [[], ['CUDA0'], ['Vulkan0', 'Vulkan1'], ['MTLX']]) {
      expect(stallLimits(short, gpus)).toEqual(short);
    }
  });
});

it('the list of devices may take as long with Metal, and as usual with other backends', () => {
  expect(listTimeoutMs(true)).toBe(60_000);
  expect(listTimeoutMs(false)).toBeUndefined();
});
