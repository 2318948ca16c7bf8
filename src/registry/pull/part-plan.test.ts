import { describe, expect, it } from 'vitest';
import { planParts } from './part-plan.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

describe('planParts', () => {
  it.each([0, 1, 16 * MIB, 16 * MIB + 1, GIB, 5 * GIB + 7, 400 * GIB, 2 ** 52])(
    'covers %d bytes without gap or overlap, in a bounded number of parts',
    (size) => {
      const parts = planParts(size);
      let end = 0;
      for (const part of parts) {
        expect(part.start).toBe(end);
        expect(part.end).toBeGreaterThan(part.start);
        end = part.end;
      }
      expect(end).toBe(size);
      expect(parts.length).toBeLessThanOrEqual(10_000);
    },
  );

  it('uses one request for a small blob and parts of 16 to 128 MiB for large ones', () => {
    expect(planParts(MIB)).toHaveLength(1);
    expect(planParts(GIB)).toHaveLength(64);
    expect(planParts(100 * GIB)[0]?.end).toBe(128 * MIB);
  });

  it('counts what the ranges cover from the start of each part, whatever their order and overlap', () => {
    const present = [
      { start: 20 * MIB, end: 40 * MIB },
      { start: 5 * MIB, end: 18 * MIB },
      { start: 0, end: 6 * MIB },
    ];
    expect(planParts(48 * MIB, present).map(({ completed }) => completed)).toEqual([
      16 * MIB,
      2 * MIB,
      8 * MIB,
    ]);
  });
});
