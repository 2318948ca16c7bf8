import { describe, expect, it } from 'vitest';
import {
  lineToGiveWay,
  lineToLeaveKey,
  lineToThinOut,
  type SentLine,
  type WaitingRequest,
} from './give-way.ts';

const sent = (index: number, more: Partial<SentLine> = {}): SentLine => ({
  index,
  model: 'm',
  sentAt: index,
  givenWay: 0,
  ...more,
});
const person: WaitingRequest = { isOfBatch: false, model: 'm', waitsFor: 'slot', waitedMs: 600 };
const line: WaitingRequest = { isOfBatch: true, model: 'm', waitsFor: 'slot', waitedMs: 60_000 };
const isSame = (one: string, other: string) => one === other;
const victim = (lines: SentLine[], ...waiting: WaitingRequest[]) =>
  lineToGiveWay(lines, waiting, isSame)?.index;

it('the line that was sent last among those that run gives way to a person', () => {
  const lines = [3, 1, 2, 4, 5].map((index) => sent(index));
  // Two of the five wait in the queue.
  expect(victim(lines, person, line, line)).toBe(3);
  expect(victim(lines, person)).toBe(5);
});

it('no line gives way to lines, to people who have just come, to loads, or to people at other models', () => {
  const lines = [sent(1), sent(2)];
  expect(victim(lines, line)).toBeUndefined();
  expect(victim(lines, { ...person, waitedMs: 100 })).toBeUndefined();
  expect(victim(lines, { ...person, waitsFor: 'load' })).toBeUndefined();
  expect(victim(lines, { ...person, model: 'other' })).toBeUndefined();
  expect(victim([], person)).toBeUndefined();
  expect(victim(lines, person, line, line)).toBeUndefined();
});

it('lines of any model give way to whoever waits for memory', () => {
  expect(victim([sent(1), sent(2)], { ...person, model: 'other', waitsFor: 'memory' })).toBe(2);
});

it('a line that has given way five times keeps its place', () => {
  expect(victim([sent(1), sent(2, { givenWay: 5 })], person)).toBe(1);
  expect(victim([sent(1, { givenWay: 5 })], person)).toBeUndefined();
});

it('beside a person whose answer too many lines slow down, the line that was sent last of those that run gives way', () => {
  const lines = [sent(1), sent(2), sent(3), sent(4, { model: 'other' })];
  const thinned = (...crowded: string[]) => lineToThinOut(lines, [line], crowded, isSame)?.index;
  expect(thinned('m')).toBe(2);
  expect(thinned('none')).toBeUndefined();
});

describe('with the key of a batch', () => {
  it('a person whom its limits keep back gets the place of the line that was sent last and runs', () => {
    const user = { isOfBatch: false, waitedMs: 500 };
    const queued = { isOfBatch: true, waitedMs: 9000 };
    expect(lineToLeaveKey([sent(1), sent(2)], [user])?.index).toBe(2);
    expect(lineToLeaveKey([sent(1), sent(2)], [user, queued])?.index).toBe(1);
    expect(lineToLeaveKey([sent(1), sent(2, { givenWay: 5 })], [user])?.index).toBe(1);
  });

  it('nobody gets a place too early, and lines do not give way to lines', () => {
    expect(lineToLeaveKey([sent(1)], [{ isOfBatch: false, waitedMs: 499 }])).toBeUndefined();
    expect(lineToLeaveKey([sent(1)], [{ isOfBatch: true, waitedMs: 5000 }])).toBeUndefined();
    expect(lineToLeaveKey([], [{ isOfBatch: false, waitedMs: 5000 }])).toBeUndefined();
  });
});
