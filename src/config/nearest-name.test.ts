import { expect, it } from 'vitest';
import { nearestName, nearNames } from './nearest-name.ts';

it.each([
  ['keepalive', 'keep_alive'],
  ['Keep_Alive', 'keep_alive'],
  ['max_que', 'max_queue'],
  ['pin', 'pinned_models'],
  ['x'.repeat(100_000), 'max_queue'],
])('nearestName(%.20s) is %s', (text, expected) => {
  expect(nearestName(text, ['keep_alive', 'max_queue', 'pig', 'pinned_models'])).toBe(expected);
  expect(nearestName(text, [])).toBeUndefined();
});

it.each([
  ['lst', ['list', 'ls', 'ps']],
  ['shwo', ['show']],
  ['cre', ['create']],
  ['xyz', []],
  ['', []],
])('the names near %j are %j', (text, expected) => {
  expect(nearNames(text, ['list', 'ls', 'show', 'create', 'ps'])).toEqual(expected);
});
