import { describe, expect, it } from 'vitest';
import { createSlots, type Holding, type Slot } from './slot.ts';
import { chooseSlot, moves, type SlotChoiceInput } from './slot-choice.ts';

const count = (length: number, from = 0) => Array.from({ length }, (_, index) => from + index);

function slots(...contents: Partial<Slot>[]): Slot[] {
  return createSlots(contents.length).map((slot, index) => Object.assign(slot, contents[index]));
}

function stored(tokens: number[], times: number = moves.host, salt = '') {
  const [holding] = slots({ tokens, salt });
  if (!holding) throw new Error('no slot');
  return { holding: holding as Holding, moves: times };
}

function choose(tokens: number[], held: Slot[], more: Partial<SlotChoiceInput> = {}) {
  return chooseSlot({
    wanted: { tokens, salt: '' },
    slots: held,
    stored: [],
    uses: 10,
    traits: { canRollBack: true, window: 0 },
    canMove: () => true,
    canSave: () => true,
    ...more,
  });
}

const noHost = { canSave: () => false };

describe('chooseSlot', () => {
  it('takes the whole prompt from a slot that keeps the logits after it, and all but the last token otherwise', () => {
    const kept = (length: number, isFixed = false) => ({
      logits: { length, isFixed, values: new Float32Array(1) },
    });
    const [one] = slots({ tokens: [1, 2, 3, 9], ...kept(3) });
    const wanted = { tokens: [1, 2, 3], salt: '' };
    const lengthOf = (slot: Partial<Slot>, asked: object = {}) =>
      choose([], [Object.assign(createSlots(1)[0] ?? {}, slot) as Slot], { wanted: { ...wanted, ...asked } })
        ?.length;
    expect(lengthOf(one ?? {})).toBe(3);
    expect(lengthOf({ tokens: [1, 2, 3] })).toBe(2);
    expect(lengthOf({ tokens: [1, 2, 3, 9], ...kept(4) })).toBe(2);
    expect(lengthOf({ tokens: [1, 2, 4], ...kept(3) })).toBe(2);
    expect(lengthOf({ tokens: [1, 2, 3], salt: 'other', ...kept(3) })).toBe(0);
    expect(lengthOf({ tokens: [1, 2, 3], exactLength: 2, ...kept(3) })).toBe(2);
    expect(lengthOf({ tokens: [1, 2, 3], ...kept(3) }, { isScored: true })).toBe(0);
    expect(lengthOf({ tokens: [1, 2, 3], ...kept(3) }, { isFixed: true })).toBe(0);
    expect(lengthOf({ tokens: [1, 2, 3], ...kept(3, true) }, { isFixed: true })).toBe(3);
  });

  it('prefers a slot with kept logits to an equal one without, and copies them from a busy slot', () => {
    const tokens = count(40);
    const logits = { length: 40, isFixed: false, values: new Float32Array(1) };
    const held = slots({ tokens: [...tokens], lastUsed: 1 }, { tokens: [...tokens, 7], logits, lastUsed: 5 });
    expect(choose(tokens, held, noHost)).toMatchObject({ slot: held[1], length: 40 });
    const busy = slots({ lastUsed: 1 }, { tokens: [...tokens, 7], logits, lastUsed: 5, busy: true });
    expect(choose(tokens, busy, noHost)).toMatchObject({
      slot: busy[0],
      source: { holding: busy[1] },
      length: 40,
    });
  });

  it('prefers the slot that holds the start of the same conversation', () => {
    const held = slots(
      { tokens: [1, 2], lastUsed: 1 },
      { tokens: [1, 2, 3, 9], lastUsed: 5 },
      { tokens: [7], lastUsed: 2 },
    );
    expect(choose([1, 2, 3, 4], held, noHost)).toMatchObject({ slot: held[1], length: 3, save: false });
  });

  it('chooses the slot unused for longest when none shares a prefix', () => {
    const held = slots({ lastUsed: 10 }, { lastUsed: 9 }, { lastUsed: 8 });
    expect(choose([5], held)).toMatchObject({ slot: held[2], length: 0 });
  });

  it('never chooses a busy slot, and none when all are busy', () => {
    const held = slots({ tokens: [1, 2, 3], busy: true }, {});
    expect(choose([1, 2, 3], held)?.slot).toBe(held[1]);
    expect(choose([1], slots({ busy: true }))).toBeUndefined();
  });

  it('leaves the last token of a prompt to compute', () => {
    const held = slots({ tokens: count(100) });
    expect(choose(count(100), held)?.length).toBe(99);
  });

  it('does not overwrite a long conversation for a short match when another slot is free', () => {
    const held = slots({ tokens: count(1500), lastUsed: 9 }, { lastUsed: 8 });
    expect(choose([...count(10), 9999], held, noHost)).toMatchObject({ slot: held[1], length: 0 });
  });

  it('copies a longer common prefix from another slot instead, even from a busy one', () => {
    const held = slots({ tokens: count(1500), lastUsed: 9, busy: true }, { lastUsed: 8 });
    const prompt = [...count(400), 9999];
    expect(choose(prompt, held)).toMatchObject({ slot: held[1], source: { holding: held[0] }, length: 400 });
    expect(choose(prompt, held, { canMove: () => false })).toMatchObject({ slot: held[1], length: 0 });
  });

  it('saves what it overwrites, unless that is short, nearly all kept, or already stored', () => {
    const prompt = count(300, 5000);
    const long = { tokens: count(800) };
    expect(choose(prompt, slots(long))).toMatchObject({ save: true });
    expect(choose(prompt, slots(long), noHost)).toMatchObject({ save: false });
    expect(choose(prompt, slots({ tokens: count(60) }))).toMatchObject({ save: false });
    expect(choose(prompt, slots(long), { stored: [stored(count(900))] })).toMatchObject({ save: false });
    expect(choose([...count(780), 1, 2], slots(long))).toMatchObject({ length: 780, save: false });
    expect(choose([...count(300), 1, 2], slots(long))).toMatchObject({ length: 300, save: true });
  });

  it('overwrites the slot whose content is worth least', () => {
    const held = slots(
      { tokens: count(1000, 2000), lastUsed: 9 },
      { tokens: count(900, 4000), lastUsed: 1 },
      { tokens: count(1100, 6000), lastUsed: 2 },
    );
    expect(choose(count(50), held, noHost)?.slot).toBe(held[1]);
  });

  it('chooses the cheaper of two equal sources', () => {
    const sources = [stored(count(500), moves.disk), stored(count(500))];
    expect(choose(count(600), slots({}), { stored: sources })?.source).toEqual(sources[1]);
  });

  it('does not move much for a small gain', () => {
    const held = slots({ tokens: count(490) });
    const sources = [stored(count(500))];
    expect(choose(count(600), held, { stored: sources })?.source).toBeUndefined();
  });

  it('finds nothing with another salt', () => {
    const held = slots({ tokens: count(500), salt: 'a' }, {});
    const sources = [stored(count(500), moves.host, 'b')];
    expect(choose(count(600), held, { stored: sources })).toMatchObject({ slot: held[1], length: 0 });
  });

  it('does not expect a copy to hold what the sliding window has passed', () => {
    const traits = { canRollBack: true, window: 64 };
    const held = slots({ tokens: count(500), busy: true }, {});
    expect(choose(count(600), held, { traits })).toMatchObject({ length: 500 });
    expect(choose([...count(400), 9999], held, { traits })).toMatchObject({ length: 0 });
  });

  it('reuses nothing for a prompt whose log probabilities are wanted', () => {
    const held = slots({ tokens: count(500) });
    const input = { stored: [stored(count(600))] };
    const wanted = { tokens: count(600), salt: '', isScored: true };
    expect(choose(count(600), held, { ...input, wanted })).toMatchObject({ length: 0 });
    expect(choose(count(600), held, { ...input, wanted })?.source).toBeUndefined();
    expect(choose(count(600), held, input)).toMatchObject({ length: 599 });
  });
});
