import { expect, it } from 'vitest';
import { layOutBar } from './bar-layout.ts';

it('fills a bar with its parts, and lets small ones be seen', () => {
  const parts = [
    { kind: 'a', amount: 600 },
    { kind: 'b', amount: 1 },
    { kind: 'none', amount: 0 },
    { kind: 'c', amount: 399 },
  ];
  const segments = layOutBar(parts, 100, 2);
  expect(segments.map(({ kind }) => kind)).toEqual(['a', 'b', 'c']);
  expect(segments[1]?.length).toBe(2);
  expect(segments.reduce((sum, { length }) => sum + length, 0)).toBeCloseTo(100);
  expect(segments[2]?.start).toBeCloseTo((segments[0]?.length ?? 0) + 2);
  expect(layOutBar([{ kind: 'a', amount: 0 }], 100, 2)).toEqual([]);
  expect(layOutBar(Array(200).fill({ kind: 'a', amount: 1 }), 100, 2)).toHaveLength(200);
});
