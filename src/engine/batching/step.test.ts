import { describe, expect, it } from 'vitest';
import { createSlots, type Slot } from '../cache/slot.ts';
import { Batch } from './batch.ts';
import type { Sequence } from './sequence.ts';
import { fillStep, needsAllThreads, type StepEntry } from './step.ts';

/** A batch that records what was added to it: [token, position, slot, wants logits]. */
class RecordedBatch extends Batch {
  readonly added: [number, number, number, boolean][] = [];

  override add(token: number, position: number, sequence: number, wantsLogits: boolean): number {
    this.added.push([token, position, sequence, wantsLogits]);
    return super.add(token, position, sequence, wantsLogits);
  }
}

/** An entry of a sequence whose first `computed` tokens are in the cache. */
function entry(
  slot: Slot,
  tokens: number[],
  computed: number,
  draft: number[] = [],
  isScoring = false,
): StepEntry {
  slot.tokens = tokens.slice(0, computed);
  slot.busy = true;
  return {
    sequence: { slot, tokens, isScoring } as unknown as Sequence,
    tokens: Math.min(2, tokens.length - computed),
    draft,
    isAlone: false,
  };
}

const always = () => true;

describe('fillStep', () => {
  it('places tokens after the cache of each slot, in the order of the slots, and requests logits for the last', () => {
    const slots = createSlots(2);
    const [first, second] = slots as [Slot, Slot];
    const batch = new RecordedBatch(8);
    const entries = [entry(second, [7, 8, 9], 2), entry(first, [1, 2, 3, 4], 1)];
    const step = fillStep(batch, entries, slots, always, 2);
    expect(batch.added).toEqual([
      [2, 1, 0, false],
      [3, 2, 0, false],
      [9, 2, 1, true],
    ]);
    expect(step.entries.map(({ outputIndex }) => outputIndex)).toEqual([undefined, 2]);
  });

  it('requests the logits of all tokens of a prompt whose log probabilities are wanted', () => {
    const [first, second] = createSlots(2) as [Slot, Slot];
    const batch = new RecordedBatch(8);
    const entries = [entry(first, [1, 2], 0), entry(second, [7, 8, 9], 0, [], true)];
    const step = fillStep(batch, entries, [first, second], always, 2);
    expect(batch.added.map(([token, , , wantsLogits]) => [token, wantsLogits])).toEqual([
      [1, false],
      [2, true],
      [7, true],
      [8, true],
    ]);
    expect(step.entries.map(({ firstIndex, outputIndex }) => [firstIndex, outputIndex])).toEqual([
      [0, 1],
      [2, undefined],
    ]);
  });

  it('places a draft after the newest token and requests logits for each', () => {
    const slots = createSlots(1);
    const batch = new RecordedBatch(8);
    fillStep(batch, [entry(slots[0] as Slot, [1, 2], 1, [3, 4])], slots, always, 2);
    expect(batch.added).toEqual([
      [2, 1, 0, true],
      [3, 2, 0, true],
      [4, 3, 0, true],
    ]);
  });

  it('pads with idle slots between busy ones, and reports which', () => {
    const slots = createSlots(5);
    const batch = new RecordedBatch(8);
    const idle = slots[2] as Slot;
    idle.tokens = [5, 5];
    const entries = [entry(slots[1] as Slot, [1], 0), entry(slots[3] as Slot, [2], 0)];
    const step = fillStep(batch, entries, slots, always, 2);
    expect(batch.added.map(([, position, slot]) => [slot, position])).toEqual([
      [1, 0],
      [2, 2],
      [3, 0],
    ]);
    expect(step.padding).toEqual([idle]);
  });

  it('leaves a gap where a slot cannot pad, or where padding is not worth it', () => {
    const slots = createSlots(3);
    const entries = () => [entry(slots[0] as Slot, [1], 0), entry(slots[2] as Slot, [2], 0)];
    expect(fillStep(new Batch(8), entries(), slots, always, 2)).toMatchObject({ isWhole: true });
    expect(fillStep(new Batch(8), entries(), slots, () => false, 2)).toMatchObject({
      padding: [],
      isWhole: false,
    });
    expect(fillStep(new Batch(8), entries(), slots, always, 0)).toMatchObject({
      padding: [],
      isWhole: false,
    });
  });

  it('pads neither beside several tokens of a sequence, nor with less than all slots between', () => {
    const slots = createSlots(3);
    const longer = [entry(slots[0] as Slot, [1, 2], 0), entry(slots[2] as Slot, [3, 4], 0)];
    expect(fillStep(new Batch(8), longer, slots, always, 2)).toMatchObject({ padding: [], isWhole: false });
    const neighbours = [entry(slots[0] as Slot, [1, 2], 0), entry(slots[1] as Slot, [3, 4], 0)];
    expect(fillStep(new Batch(8), neighbours, slots, always, 2)).toMatchObject({ isWhole: true });
  });

  it('pads behind a single token that must not depend on others, where a slot has room for it', () => {
    const slots = createSlots(1);
    const alone = () => [{ ...entry(slots[0] as Slot, [7, 8, 9], 2), isAlone: true }];
    const batch = new RecordedBatch(8);
    const step = fillStep(batch, alone(), slots, always, 2);
    expect(batch.added).toEqual([
      [9, 2, 0, true],
      [0, 3, 0, false],
    ]);
    expect(step).toMatchObject({ entries: [{ isPadded: true, outputIndex: 0 }], padding: [] });
    const full = fillStep(new Batch(8), alone(), slots, (_slot, after) => after === 0, 2);
    expect(full.entries[0]?.isPadded).toBe(false);
  });
});

describe('needsAllThreads', () => {
  it('holds for what must not depend on others and yet would on the number of threads', () => {
    const slots = createSlots(1);
    const step = (tokens: number, isAlone: boolean, canPad: boolean) => {
      const part = { ...entry(slots[0] as Slot, [1, 2, 3], 3 - tokens), isAlone };
      return fillStep(new Batch(8), [part], slots, () => canPad, 2);
    };
    expect(needsAllThreads(step(1, true, true), 'x64')).toBe(false);
    expect(needsAllThreads(step(2, true, false), 'x64')).toBe(false);
    expect(needsAllThreads(step(1, true, false), 'x64')).toBe(true);
    expect(needsAllThreads(step(2, true, true), 'arm64')).toBe(true);
    expect(needsAllThreads(step(1, false, true), 'arm64')).toBe(false);
  });
});
