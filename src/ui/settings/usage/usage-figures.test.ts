import { expect, it } from 'vitest';
import type { UsageFigures } from '../../../api/usage.ts';
import { barsOf, dayValues, firstDay, largestFirst } from './usage-figures.ts';

function figures(output_tokens: number): UsageFigures {
  const others = {
    requests: 1,
    refusals: 0,
    prompt_tokens: 0,
    cached_tokens: 0,
    thinking_tokens: 0,
    seconds: 0,
  };
  return { ...others, output_tokens };
}

it('has every day, also those without requests, over the end of a month', () => {
  const usage = [{ day: '2026-03-01', ...figures(7) }];
  expect(dayValues({ from: '2026-02-27', to: '2026-03-01', usage }, 'output_tokens')).toEqual([
    { day: '2026-02-27', value: 0 },
    { day: '2026-02-28', value: 0 },
    { day: '2026-03-01', value: 7 },
  ]);
  expect([firstDay('2026-03-01', 1), firstDay('2026-03-01', 3)]).toEqual(['2026-03-01', '2026-02-27']);
});

it('draws bars from 0 to the largest value', () => {
  const bars = barsOf(
    [
      { day: 'a', value: 5 },
      { day: 'b', value: 10 },
    ],
    100,
    40,
  );
  expect(bars.map(({ x, y, width, height }) => [x, y, width, height])).toEqual([
    [0, 20, 40, 20],
    [50, 0, 40, 40],
  ]);
  expect(barsOf([{ day: 'a', value: 0 }], 100, 40)[0]?.height).toBe(0);
});

it('lists the largest first', () => {
  const entries = [
    { model: 'a', ...figures(1) },
    { model: 'b', ...figures(3) },
  ];
  expect(largestFirst(entries, 'output_tokens').map(({ model }) => model)).toEqual(['b', 'a']);
});
