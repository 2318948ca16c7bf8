import { describe, expect, it } from 'vitest';
import { normalisedPixels } from './pixels.ts';

describe('normalisedPixels', () => {
  it('separates the colours and rounds as C does', () => {
    const data = Uint8Array.from([0, 128, 255, 255, 0, 1]);
    const { shape, data: values } = normalisedPixels(
      { width: 2, height: 1, data },
      [0.5, 0.25, 0],
      [0.5, 2, 1],
    );
    const { fround } = Math;
    expect(shape).toEqual([2, 1, 3]);
    expect([...values]).toEqual([
      -1,
      1,
      fround(fround(fround(128 / 255) - 0.25) / 2),
      -0.125,
      1,
      fround(1 / 255),
    ]);
  });

  it('refuses data of another size', () => {
    const data = new Uint8Array(5);
    expect(() => normalisedPixels({ width: 2, height: 1, data }, [0, 0, 0], [1, 1, 1])).toThrow('5 bytes');
    expect(() => normalisedPixels({ width: 0, height: 0, data: new Uint8Array() }, [], [])).toThrow(
      '0 bytes',
    );
  });
});
