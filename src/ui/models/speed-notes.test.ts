import { expect, it } from 'vitest';
import { type Speeds, withSpeed } from './speed-notes.ts';

const answer = (model: string, rate: number, now = 1) => ({
  model,
  tokens: 100,
  nanoseconds: 1e11 / rate,
  now,
});

it('keeps a mean in which the newest answer counts most, and ignores answers of a few tokens', () => {
  const first = withSpeed({}, answer('m', 50));
  expect(first.m?.rate).toBeCloseTo(50);
  expect(withSpeed(first, answer('m', 100)).m?.rate).toBeCloseTo(65);
  expect(withSpeed(first, { ...answer('m', 100), tokens: 3 })).toBe(first);
  expect(withSpeed(first, { ...answer('m', 100), nanoseconds: 0 })).toBe(first);
});

it('forgets the model that was not asked for longest', () => {
  let speeds: Speeds = {};
  for (let index = 0; index < 150; index += 1) speeds = withSpeed(speeds, answer(`m${index}`, 10, index));
  expect(Object.keys(speeds)).toHaveLength(100);
  expect([speeds.m49, speeds.m50?.at]).toEqual([undefined, 50]);
});
