import { describe, expect, it } from 'vitest';
import { asCopied, canCutTo, commonPrefix, isCovered, type MemoryTraits, reusableLength } from './reuse.ts';
import { createSlots, type Holding, type Slot } from './slot.ts';

const plain: MemoryTraits = { canRollBack: true, window: 0 };
const recurrent: MemoryTraits = { canRollBack: false, window: 0 };
const windowed: MemoryTraits = { canRollBack: true, window: 10 };

const count = (length: number, from = 0) => Array.from({ length }, (_, index) => from + index);

function holding(fields: Partial<Slot>): Holding {
  const [slot] = createSlots(1);
  if (!slot) throw new Error('no slot');
  return Object.assign(slot, fields);
}

const wants = (tokens: number[], salt = '') => ({ tokens, salt });

describe('commonPrefix', () => {
  it('stops at the first difference and at the shorter end', () => {
    expect(commonPrefix([1, 2, 3], [1, 2, 4])).toBe(2);
    expect(commonPrefix([1, 2], [1, 2, 4])).toBe(2);
    expect(commonPrefix([], [1])).toBe(0);
  });
});

describe('reusableLength', () => {
  it('is the common prefix, within the limit', () => {
    const held = holding({ tokens: count(50) });
    expect(reusableLength(held, wants([...count(30), 999]), 30, plain)).toBe(30);
    expect(reusableLength(held, wants(count(50)), 49, plain)).toBe(49);
    expect(reusableLength(held, wants([7]), 0, plain)).toBe(0);
  });

  it('ends in front of a picture that would be cut, also at a checkpoint and for whole chunks', () => {
    const picture = { kind: 'image', digest: '', width: 1, height: 1, tokens: 20, positions: 20 } as const;
    const spans = [{ ...picture, start: 10 }];
    const wanted = { ...wants(count(100)), spans };
    const lengths = (fields: Partial<Slot>, traits = plain) =>
      [9, 10, 11, 29, 30, 31, 80].map((limit) =>
        reusableLength(holding({ tokens: count(100), fixedLength: 100, ...fields }), wanted, limit, traits),
      );
    expect(lengths({})).toEqual([9, 10, 10, 10, 30, 31, 80]);
    const checkpoints = [{ length: 20 }, { length: 25 }].map((at) => ({ ...at, state: new Uint8Array() }));
    expect(lengths({ checkpoints }, recurrent)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    const fixed = { ...wanted, isFixed: true };
    const held = holding({ tokens: count(100), fixedLength: 100 });
    expect([9, 29, 30, 63, 64, 99].map((limit) => reusableLength(held, fixed, limit, plain))).toEqual([
      0, 10, 30, 30, 64, 64,
    ]);
  });

  it('is 0 across salts', () => {
    const held = holding({ tokens: count(50), salt: 'a' });
    expect(reusableLength(held, wants(count(60)), 59, plain)).toBe(0);
    expect(reusableLength(held, wants(count(60), 'b'), 59, plain)).toBe(0);
    expect(reusableLength(held, wants(count(60), 'a'), 59, plain)).toBe(50);
  });

  it('ends where the state is no longer exact after a context shift', () => {
    const held = holding({ tokens: count(50), exactLength: 5 });
    expect(reusableLength(held, wants(count(60)), 59, plain)).toBe(5);
  });

  it('goes back only to checkpoints where the state cannot be cut', () => {
    const state = new Uint8Array();
    const checkpoints = [16, 32].map((length) => ({ length, state }));
    const held = holding({ tokens: count(50), checkpoints });
    const reach = (length: number) => reusableLength(held, wants(count(60)), length, recurrent);
    expect([50, 49, 32, 31, 15].map(reach)).toEqual([50, 32, 32, 16, 0]);
  });
});

describe('a deterministic prompt', () => {
  const wanted = { ...wants(count(300)), isFixed: true };

  it('uses only whole chunks of what was computed in them', () => {
    const held = (fixedLength: number, tokens = count(300)) => holding({ tokens, fixedLength });
    expect(reusableLength(held(256), wanted, 299, plain)).toBe(256);
    expect(reusableLength(held(256, [...count(200), 999]), wanted, 299, plain)).toBe(192);
    expect(reusableLength(held(0), wanted, 299, plain)).toBe(0);
    expect(reusableLength(held(256), wanted, 255, plain)).toBe(192);
  });

  it('goes back only to checkpoints at the end of a chunk', () => {
    const state = new Uint8Array();
    const checkpoints = [128, 200].map((length) => ({ length, state }));
    const held = holding({ tokens: count(300), fixedLength: 256, checkpoints });
    expect(reusableLength(held, wanted, 299, recurrent)).toBe(128);
  });

  it('uses nothing where a sliding window may have changed the order of what is kept', () => {
    const held = holding({ tokens: count(300), fixedLength: 256 });
    expect(reusableLength(held, wanted, 299, windowed)).toBe(0);
  });

  it('keeps its state beside an equally long one that it cannot use', () => {
    const fixed = holding({ tokens: count(300), fixedLength: 256 });
    const other = holding({ tokens: count(300) });
    expect(isCovered(fixed, [other], plain)).toBe(false);
    expect(isCovered(other, [fixed], plain)).toBe(true);
  });
});

describe('a sliding window', () => {
  it('allows a cut where everything that the next token attends to is still there', () => {
    const held = holding({ tokens: count(100), windowStart: 41 });
    const allowed = [100, 99, 50, 49, 9, 0].filter((length) => canCutTo(held, length, windowed));
    expect(allowed).toEqual([100, 99, 50]);
  });

  it('allows every cut while no token has left it', () => {
    const held = holding({ tokens: count(100) });
    expect(count(101).every((length) => canCutTo(held, length, windowed))).toBe(true);
  });

  it('limits what a copy keeps', () => {
    const copy = asCopied(holding({ tokens: count(100) }), windowed);
    expect(count(101).filter((length) => canCutTo(copy, length, windowed))).toEqual([99, 100]);
    expect(asCopied(holding({ tokens: count(5) }), windowed).windowStart).toBe(0);
  });
});

describe('isCovered', () => {
  it('is true when another holding has the same prefix, but not for the holding itself', () => {
    const short = holding({ tokens: count(100) });
    const long = holding({ tokens: count(200) });
    const other = holding({ tokens: count(200, 1) });
    expect(isCovered(short, [short, other], plain)).toBe(false);
    expect(isCovered(short, [short, other, long], plain)).toBe(true);
    expect(isCovered(long, [short, other, long], plain)).toBe(false);
  });

  it('needs a nearby checkpoint where the state cannot be cut', () => {
    const short = holding({ tokens: count(100) });
    const state = new Uint8Array();
    const far = holding({ tokens: count(200), checkpoints: [{ length: 50, state }] });
    const near = holding({ tokens: count(200), checkpoints: [{ length: 95, state }] });
    expect(isCovered(short, [far], recurrent)).toBe(false);
    expect(isCovered(short, [near], recurrent)).toBe(true);
  });
});
