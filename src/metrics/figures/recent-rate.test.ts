import { describe, expect, it } from 'vitest';
import { RecentRate } from './recent-rate.ts';

describe('RecentRate', () => {
  it('counts what happened in the last ten seconds', () => {
    const rate = new RecentRate();
    rate.add(50, 1_000);
    rate.add(30, 5_500);
    expect(rate.perSecond(6_000)).toBe(8);
    expect(rate.perSecond(10_999)).toBe(8);
    expect(rate.perSecond(11_000)).toBe(3);
    expect(rate.perSecond(15_000)).toBe(0);
  });

  it('forgets everything after a long pause', () => {
    const rate = new RecentRate();
    for (let second = 0; second < 30; second++) rate.add(20, second * 1000);
    expect(rate.perSecond(29_999)).toBe(20);
    rate.add(1, 1_000_000);
    expect(rate.perSecond(1_000_000)).toBe(0.1);
  });
});
