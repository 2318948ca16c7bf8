import { expect, it } from 'vitest';
import { TimeOfDay } from './time-of-day.ts';

it('gives moments the time of day, evenly, and follows when it is set', () => {
  let now = 500;
  let date = 1_000_000_000_000;
  const timeOfDay = new TimeOfDay({ now: () => now, date: () => date });
  expect(timeOfDay.reader()(500)).toEqual([1_000_000_000, 0]);
  expect(timeOfDay.reader()(499.5)).toEqual([999_999_999, 999_500_000]);
  // A count of whole milliseconds lags behind by up to one of them.
  now = 1500.9;
  date += 1000;
  expect(timeOfDay.reader()(1500)).toEqual([1_000_000_001, 0]);
  date += 3_600_000;
  expect(timeOfDay.reader()(1500.9)).toEqual([1_000_003_601, 0]);
});
