import { describe, expect, it } from 'vitest';
import { FreeSpace } from './free-space.ts';

describe('FreeSpace', () => {
  it('uses the smallest gap that is large enough, otherwise the end', () => {
    const space = new FreeSpace();
    const offsets = [128, 32, 64, 32].map((bytes) => space.take(bytes));
    expect(offsets).toEqual([0, 128, 160, 224]);
    space.free(0, 128);
    space.free(160, 64);
    expect(space.take(64)).toBe(160);
    expect(space.take(96)).toBe(0);
    expect(space.take(64)).toBe(256);
    expect(space.peak).toBe(320);
  });

  it('joins gaps that touch, regardless of the order in which they are freed', () => {
    for (const order of [
      [0, 64, 128],
      [128, 0, 64],
      [64, 128, 0],
    ]) {
      const space = new FreeSpace();
      for (let count = 0; count < 4; count++) space.take(64);
      for (const offset of order) space.free(offset, 64);
      expect(space.take(192)).toBe(0);
    }
  });

  it('rounds sizes up to a multiple of the alignment', () => {
    const space = new FreeSpace();
    space.take(1);
    expect(space.take(33)).toBe(32);
    expect(space.peak).toBe(96);
    space.free(32, 33);
    expect(space.take(64)).toBe(32);
  });

  it('never allocates the same bytes twice, and never loses any', () => {
    let state = 7;
    const random = (limit: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state % limit;
    };
    const space = new FreeSpace();
    const taken: { offset: number; bytes: number }[] = [];
    for (let step = 0; step < 2000; step++) {
      if (taken.length > 0 && random(2) === 0) {
        const [gone] = taken.splice(random(taken.length), 1);
        if (gone) space.free(gone.offset, gone.bytes);
        continue;
      }
      const bytes = 32 * (1 + random(20));
      const offset = space.take(bytes);
      const overlaps = taken.filter(
        (other) => offset < other.offset + other.bytes && other.offset < offset + bytes,
      );
      expect(overlaps).toEqual([]);
      taken.push({ offset, bytes });
    }
    for (const { offset, bytes } of taken) space.free(offset, bytes);
    expect(space.take(space.peak)).toBe(0);
  });
});
