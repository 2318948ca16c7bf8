import { expect, it } from 'vitest';
import { niceEnd, spreadLabels, timeMarks } from './scales.ts';

it('marks times that people count in, as many as fit', () => {
  expect(timeMarks(60, 1000)).toEqual([60, 55, 50, 45, 40, 35, 30, 25, 20, 15, 10, 5, 0]);
  expect(timeMarks(60, 300)).toEqual([60, 45, 30, 15, 0]);
  expect(timeMarks(300, 400)).toEqual([300, 240, 180, 120, 60, 0]);
  expect(timeMarks(10, 50)).toEqual([10, 0]);
});

it('ends scales at a round number that nothing exceeds', () => {
  expect([0, 7, 10, 11, 230, 260, 0.4, 0.76].map((highest) => niceEnd(highest, 0.1))).toEqual([
    0.1, 10, 10, 20, 250, 500, 0.5, 1,
  ]);
  expect(niceEnd(3, 100)).toBe(100);
});

it('moves labels apart and keeps them inside', () => {
  expect(spreadLabels([10, 12, 60], 13, 100)).toEqual([10, 23, 60]);
  expect(spreadLabels([98, 99], 13, 100)).toEqual([87, 100]);
  expect(spreadLabels([99, 98], 13, 100)).toEqual([100, 87]);
});
