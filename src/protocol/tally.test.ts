import { describe, expect, it } from 'vitest';
import { Tally } from './tally.ts';

describe('Tally', () => {
  it('puts a value into the first class whose bound it does not exceed, and the rest into the last', () => {
    const tally = new Tally([1, 2, 5]);
    for (const value of [0, 1, 1.5, 2, 5, 5.1, 1000]) tally.observe(value);
    expect(tally.counts).toEqual([2, 2, 1, 2]);
    expect(tally.sum).toBeCloseTo(1014.6);
    expect(tally.count).toBe(7);
  });

  it('hands over what it counted once, and adds what others have', () => {
    const [part, whole] = [new Tally([1]), new Tally([1])];
    part.observe(0.5);
    whole.add(part.take());
    part.observe(3);
    whole.add(part.take());
    whole.add(part.take());
    expect({ counts: whole.counts, sum: whole.sum }).toEqual({ counts: [1, 1], sum: 3.5 });
  });
});
