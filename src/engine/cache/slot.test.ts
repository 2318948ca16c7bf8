import { describe, expect, it } from 'vitest';
import { chooseSlot, commonPrefix, createSlots } from './slot.ts';

describe('chooseSlot', () => {
  it('prefers the slot that holds the start of the same conversation', () => {
    const slots = createSlots(3);
    Object.assign(slots[0] ?? {}, { tokens: [1, 2], lastUsed: 1 });
    Object.assign(slots[1] ?? {}, { tokens: [1, 2, 3, 9], lastUsed: 5 });
    Object.assign(slots[2] ?? {}, { tokens: [7], lastUsed: 2 });
    expect(chooseSlot(slots, [1, 2, 3, 4])?.id).toBe(1);
  });

  it('takes the longest unused one when none shares a prefix', () => {
    const slots = createSlots(3);
    slots.forEach((slot, index) => {
      slot.lastUsed = 10 - index;
    });
    expect(chooseSlot(slots, [5])?.id).toBe(2);
  });

  it('never takes a busy slot, and gives none when all are busy', () => {
    const slots = createSlots(2);
    Object.assign(slots[0] ?? {}, { tokens: [1, 2, 3], busy: true });
    expect(chooseSlot(slots, [1, 2, 3])?.id).toBe(1);
    Object.assign(slots[1] ?? {}, { busy: true });
    expect(chooseSlot(slots, [1])).toBeUndefined();
  });
});

describe('commonPrefix', () => {
  it('stops at the first difference and at the shorter end', () => {
    expect(commonPrefix([1, 2, 3], [1, 2, 4])).toBe(2);
    expect(commonPrefix([1, 2], [1, 2, 4])).toBe(2);
    expect(commonPrefix([], [1])).toBe(0);
  });
});
