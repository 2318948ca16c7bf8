import { describe, expect, it } from 'vitest';
import { humanBytes, humanNumber, humanTime } from './human.ts';

describe('humanBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 KB'],
    [1500, '1.5 KB'],
    [15_900, '15 KB'],
    [91_739_413, '91 MB'],
    [4_661_224_676, '4.7 GB'],
    [2e12, '2 TB'],
  ])('%d', (bytes, text) => {
    expect(humanBytes(bytes)).toBe(text);
  });
});

describe('humanNumber', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [12_345, '12K'],
    [134_515_008, '134.52M'],
    [22_000_000, '22M'],
    [1_100_000_000, '1.1B'],
    [7_000_000_000, '7B'],
  ])('%d', (count, text) => {
    expect(humanNumber(count)).toBe(text);
  });
});

describe('humanTime', () => {
  const second = 1000;
  const hour = 3600 * second;
  const day = 24 * hour;
  const year = 365 * day;
  it.each([
    [undefined, 'Never'],
    [0, 'Less than a second ago'],
    [1.5 * second, '1 second ago'],
    [59 * second, '59 seconds ago'],
    [60 * second, 'About a minute ago'],
    [125 * second, '2 minutes ago'],
    [hour, 'About an hour ago'],
    [1.6 * hour, '2 hours ago'],
    [47 * hour, '47 hours ago'],
    [2 * day, '2 days ago'],
    [13 * day, '13 days ago'],
    [14 * day, '2 weeks ago'],
    [60 * day, '2 months ago'],
    [2 * year, '2 years ago'],
    [-290 * second, '4 minutes from now'],
    [-20 * year, '20 years from now'],
    [-21.5 * year, 'Forever'],
    [Number.NEGATIVE_INFINITY, 'Forever'],
  ])('%d ms old', (age, text) => {
    const now = 1_700_000_000_000;
    expect(humanTime(age === undefined ? undefined : now - age, now)).toBe(text);
  });
});
