import { describe, expect, it } from 'vitest';
import { HeldChanges, type HeldStates } from './held-changes.ts';
import { createSlots, type Holding, type Slot } from './slot.ts';

const tokensOf = (count: number, first = 0) => Array.from({ length: count }, (_, index) => first + index);
const states = (slots: readonly Slot[], more: Partial<HeldStates> = {}): HeldStates => ({
  slots,
  host: [],
  disk: [],
  ...more,
});
const stored = (tokens: readonly number[], salt = ''): Holding => ({
  ...{ tokens, salt, lastUsed: 1, exactLength: Number.POSITIVE_INFINITY },
  ...{ fixedLength: 0, windowStart: 0, checkpoints: [] },
});
/** A slot that a request uses, with these tokens. */
function used(slot: Slot, tokens: number[], more: Partial<Slot> = {}): Slot {
  return Object.assign(slot, { tokens, busy: true, lastUsed: slot.lastUsed + 1, ...more });
}
const begun = (changes: HeldChanges, of: HeldStates) => changes.take(of)?.report;

describe('HeldChanges', () => {
  it('begin with everything, also with nothing, and then tell only what is new', () => {
    const [slot] = createSlots(1) as [Slot];
    const changes = new HeldChanges(4);
    expect(begun(changes, states([slot]))).toEqual({ isFirst: true, changes: [], gone: [] });
    expect(changes.take(states([slot]))).toBeUndefined();
    used(slot, tokensOf(10));
    const first = { holding: 1, medium: 'GPU', salt: '', kept: 0, added: tokensOf(8) };
    expect(begun(changes, states([slot]))).toEqual({ isFirst: false, changes: [first], gone: [] });
    slot.tokens.push(10);
    expect(changes.take(states([slot]))).toBeUndefined();
    slot.tokens.push(11, 12);
    expect(begun(changes, states([slot]))?.changes).toMatchObject([{ kept: 8, added: [8, 9, 10, 11] }]);
  });

  it('keep whole blocks of what stays the same, and nothing under another salt', () => {
    const [slot] = createSlots(1) as [Slot];
    const changes = new HeldChanges(4);
    used(slot, tokensOf(16));
    changes.take(states([slot]));
    used(slot, [...tokensOf(10), 99, 98]);
    expect(begun(changes, states([slot]))?.changes).toMatchObject([{ kept: 8, added: [8, 9, 99, 98] }]);
    used(slot, tokensOf(4));
    expect(begun(changes, states([slot]))?.changes).toMatchObject([{ kept: 4, added: [] }]);
    used(slot, tokensOf(4), { salt: 'x' });
    expect(begun(changes, states([slot]))?.changes).toMatchObject([
      { salt: 'x', kept: 0, added: tokensOf(4) },
    ]);
  });

  it('see a slot that was used and became idle since', () => {
    const [slot] = createSlots(1) as [Slot];
    const changes = new HeldChanges(4);
    used(slot, tokensOf(4));
    changes.take(states([slot]));
    slot.tokens.push(...tokensOf(4, 4));
    slot.busy = false;
    expect(begun(changes, states([slot]))?.changes).toMatchObject([{ kept: 4, added: tokensOf(4, 4) }]);
    used(slot, tokensOf(8, 50), { busy: false });
    expect(begun(changes, states([slot]))?.changes).toMatchObject([{ kept: 0, added: tokensOf(8, 50) }]);
  });

  it('end before media, and where a context shift has changed the state', () => {
    const [slot, other] = createSlots(2) as [Slot, Slot];
    const changes = new HeldChanges(4);
    used(slot, [...tokensOf(6), -7, -8, ...tokensOf(8)]);
    used(other, tokensOf(16), { exactLength: 9 });
    const found = begun(changes, states([slot, other]))?.changes;
    expect(found?.map(({ added }) => added.length)).toEqual([4, 8]);
  });

  it('tell where copies are, and when they are gone', () => {
    const changes = new HeldChanges(4);
    const [inMemory, onDisk] = [stored(tokensOf(8)), stored(tokensOf(4), 'x')];
    const report = begun(changes, states([], { host: [inMemory], disk: [onDisk] }));
    expect(report?.changes).toMatchObject([
      { holding: 1, medium: 'CPU', added: tokensOf(8) },
      { holding: 2, medium: 'STORAGE', salt: 'x', added: tokensOf(4) },
    ]);
    expect(begun(changes, states([], { disk: [onDisk] }))).toEqual({
      isFirst: false,
      changes: [],
      gone: [1],
    });
  });

  it('are told in parts when there are many, and again from the start on request', () => {
    const host = Array.from({ length: 5 }, (_, index) => stored(tokensOf(40, index)));
    const changes = new HeldChanges(4, 100);
    const parts: number[] = [];
    for (let taken = changes.take(states([], { host })); taken; taken = changes.take(states([], { host }))) {
      parts.push(taken.report.changes.length);
      expect(taken.isAll).toBe(parts.length === 2);
    }
    expect(parts).toEqual([3, 2]);
    changes.beginAgain();
    expect(begun(changes, states([], { host }))).toMatchObject({ isFirst: true, changes: { length: 3 } });
  });
});
