import { expect, it } from 'vitest';
import { PrefillRate } from './prefill-rate.ts';

it('has no rate before the first measurement, nor after an empty one', () => {
  const rate = new PrefillRate();
  rate.record(1, 10);
  rate.record(100, 0);
  expect(rate.tokensPerMillisecond).toBeUndefined();
  expect(rate.expectedMs(100)).toBe(Number.POSITIVE_INFINITY);
});

it('expects a step of a few tokens to take as long as such steps took before', () => {
  const rate = new PrefillRate();
  rate.record(1, 10);
  expect(rate.expectedMs(5)).toBe(10);
  rate.record(100, 500);
  expect(rate.expectedMs(5)).toBe(10);
  expect(rate.expectedMs(50)).toBe(250);
});

it('follows a lasting change and ignores a single outlier', () => {
  const rate = new PrefillRate();
  rate.record(100, 100);
  expect(rate.expectedMs(50)).toBe(50);
  rate.record(100, 1000);
  expect(rate.tokensPerMillisecond).toBeGreaterThan(0.7);
  for (let index = 0; index < 20; index++) rate.record(200, 100);
  expect(rate.tokensPerMillisecond).toBeCloseTo(2, 1);
});
