import { expect, it } from 'vitest';
import { HiddenRows } from './hidden-rows.ts';
import { HiddenStateSlot } from './hidden-state-slot.ts';

const text = [10, 11, 12, 13, 14, 15, 16, 17];
const subject = { slot: 0, salt: '', tokens: text };
const rows = (from: number, count: number) =>
  new HiddenRows(from, text.slice(from, from + count), new Float32Array(count));

function holding(start: number, end: number, salt = ''): HiddenStateSlot {
  const slot = new HiddenStateSlot();
  for (let position = start; position < end; position++) slot.push(position, text[position] ?? 0, salt);
  return slot;
}

it('continues what it holds if the hidden states reach back to there', () => {
  const slot = holding(1, 5);
  slot.rows = rows(4, 3);
  expect(slot.firstMissing(subject, 7)).toBe(5);
  expect(slot.follows(subject, 5)).toBe(true);
});

it('begins with the first hidden state where they leave a gap, or where it holds nothing of the text', () => {
  const slot = holding(1, 3);
  slot.rows = rows(4, 3);
  expect(slot.firstMissing(subject, 7)).toBe(5);
  expect(slot.follows(subject, 5)).toBe(false);
  const other = holding(1, 5, 'another salt');
  other.rows = rows(4, 3);
  expect(other.follows(subject, other.firstMissing(subject, 7) ?? 0)).toBe(false);
});

it('can do nothing without the hidden state before the last token', () => {
  const slot = holding(1, 5);
  expect(slot.firstMissing(subject, 7)).toBeUndefined();
  slot.rows = rows(2, 3);
  expect(slot.firstMissing(subject, 7)).toBeUndefined();
});

it('forgets what differs from the text', () => {
  const slot = holding(1, 6);
  expect(slot.shared({ ...subject, tokens: [10, 11, 12, 0, 14, 15, 16] })).toBe(3);
  slot.cut(3);
  expect(slot.end).toBe(3);
  slot.cut(0);
  expect(slot.isEmpty).toBe(true);
  slot.push(6, 16, '');
  expect(slot.end).toBe(7);
});
