import { describe, expect, it } from 'vitest';
import { isWorthWaiting } from './prefill-wait.ts';
import { createSlots, type Slot } from './slot.ts';

const count = (length: number, from = 0) => Array.from({ length }, (_, index) => from + index);

interface Asked {
  /** Absent = nothing is available. */
  readonly cost?: number;
  readonly computed?: number;
  readonly slot?: Partial<Slot>;
  readonly isFixed?: boolean;
  readonly wanted?: object;
  readonly traits?: object;
  readonly keepsLogits?: boolean;
}

function waits(tokens: number[], other: number[], asked: Asked = {}): boolean {
  const { cost = tokens.length, computed = 0, isFixed = false, keepsLogits = true } = asked;
  const [slot] = createSlots(1);
  if (!slot) throw new Error('no slot');
  Object.assign(slot, { tokens: other.slice(0, computed) }, asked.slot);
  return isWorthWaiting({
    wanted: { tokens, salt: '', ...asked.wanted },
    cost,
    inWork: [{ prompt: other, slot, isFixed }],
    traits: { canRollBack: true, window: 0, ...asked.traits },
    keepsLogits,
  });
}

describe('a prompt', () => {
  it('waits for the same one, however far that is', () => {
    for (const computed of [0, 100, 299]) expect(waits(count(300), count(300), { computed })).toBe(true);
    expect(waits(count(300), count(300), { keepsLogits: false })).toBe(true);
  });

  it('does not wait if it is so short that a copy takes longer', () => {
    expect(waits(count(16), count(16))).toBe(false);
    expect(waits(count(20), count(20))).toBe(true);
  });

  it('does not wait for what it has already', () => {
    expect(waits(count(300), count(300), { cost: 10 })).toBe(false);
    expect(waits(count(300), count(300), { computed: 300, cost: 0 })).toBe(false);
  });

  it('waits for one that begins alike, unless the rest of that takes longer than is saved', () => {
    const other = (length: number) => [...count(200), ...count(length, 9000)];
    const wanted = [...count(200), ...count(20, 5000)];
    expect(waits(wanted, other(20))).toBe(true);
    expect(waits(wanted, other(1000))).toBe(false);
    expect(waits(wanted, other(1000), { computed: 1150 })).toBe(true);
    expect(waits(count(200, 1), other(20))).toBe(false);
  });

  it('does not wait for one whose state it may not use', () => {
    const [tokens, other] = [count(300), count(300)];
    expect(waits(tokens, other, { slot: { salt: 'another' } })).toBe(false);
    expect(waits(tokens, other, { wanted: { isScored: true } })).toBe(false);
    expect(waits(tokens, other, { wanted: { isFixed: true } })).toBe(false);
    expect(waits(tokens, other, { wanted: { isFixed: true }, isFixed: true })).toBe(true);
  });

  it('that a recurrent model computes waits only for the same one', () => {
    const traits = { canRollBack: false };
    expect(waits(count(300), count(300), { traits })).toBe(true);
    expect(waits(count(300), count(300), { traits, keepsLogits: false })).toBe(false);
    expect(waits([...count(299), 7], count(300), { traits })).toBe(false);
  });
});
