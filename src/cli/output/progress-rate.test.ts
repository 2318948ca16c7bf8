import { describe, expect, it } from 'vitest';
import { ProgressRate } from './progress-rate.ts';

/** Adds samples of a steady download. @returns the number of bytes at its end */
function steady(rate: ProgressRate, from: number, to: number, perSecond: number, start = 0): number {
  let bytes = start;
  for (let time = from; time <= to; time += 100) {
    rate.add(time, bytes);
    bytes += perSecond / 10;
  }
  return bytes - perSecond / 10;
}

describe('ProgressRate', () => {
  it('returns no rate before a second has passed', () => {
    const rate = new ProgressRate();
    expect(rate.at(0)).toBeUndefined();
    rate.add(0, 0);
    rate.add(500, 1000);
    expect(rate.at(900)).toBeUndefined();
    expect(rate.at(1000)).toBe(1000);
  });

  it('does not count the bytes that a resumed download starts with', () => {
    const rate = new ProgressRate();
    steady(rate, 0, 5000, 200, 1e9);
    expect(rate.at(5000)).toBeCloseTo(200);
  });

  it('forgets samples that are more than ten seconds old', () => {
    const rate = new ProgressRate();
    const bytes = steady(rate, 0, 60_000, 1000);
    steady(rate, 60_000, 75_000, 10, bytes);
    expect(rate.at(75_000)).toBeCloseTo(10);
  });

  it('falls to zero while no bytes arrive', () => {
    const rate = new ProgressRate();
    steady(rate, 0, 20_000, 1000);
    expect(rate.at(25_000)).toBeCloseTo(500);
    expect(rate.at(30_000)).toBe(0);
    expect(rate.at(100_000)).toBe(0);
  });

  it('is never negative when a download restarts', () => {
    const rate = new ProgressRate();
    steady(rate, 0, 3000, 1000);
    steady(rate, 3100, 6100, 50);
    expect(rate.at(6100)).toBeCloseTo(50);
  });
});
