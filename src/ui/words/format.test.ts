import { expect, it } from 'vitest';
import { bytesText, countText, durationText, rateText } from './format.ts';

it('writes bytes with a unit and few figures', () => {
  expect([0, 999, 1000, 1_940_000_000, 105_400_000].map(bytesText)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '1.9 GB',
    '105 MB',
  ]);
});

it('writes durations as people say them', () => {
  expect([2e6, 2.34e9, 12e9, 61e9].map(durationText)).toEqual(['2 ms', '2.3 s', '12 s', '1 min 1 s']);
  // Where rounding reaches the next unit.
  expect([999.6e6, 59.6e9, 119.7e9].map(durationText)).toEqual(['1.0 s', '1 min 0 s', '2 min 0 s']);
});

it('groups the digits of counts', () => {
  expect([7, 1234, 1234567].map(countText)).toEqual(['7', '1\u202f234', '1\u202f234\u202f567']);
});

it('writes rates with few figures', () => {
  expect([0.52, 9.4, 51.7, 1234.5].map(rateText)).toEqual(['0.5', '9.4', '52', '1\u202f235']);
});
