import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { noisePicture } from '../../../test/fakes/media/noise-picture.ts';
import { crop, letterbox } from './letterbox.ts';
import { type Filter, resize } from './resize.ts';
import { solid } from './rgb.ts';

interface Reference {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly filter: Filter;
  readonly padding: 'none' | 'ceil' | 'nearest';
  readonly pixels: string;
}

const fixture = new URL('../../../test/fixtures/media/resized.json', import.meta.url);
const references: readonly Reference[] = JSON.parse(readFileSync(fixture, 'utf8'));
/** The ground that the reference was made with. */
const ground = [127, 128, 129] as const;

describe('resize and letterbox', () => {
  it.each(references)('equals llama.cpp: $from to $to, $filter, padding $padding', (reference) => {
    const image = noisePicture(...reference.from);
    const size = { width: reference.to[0], height: reference.to[1] };
    const { filter, padding } = reference;
    const result =
      padding === 'none'
        ? resize(image, size, filter)
        : letterbox(image, size, { filter, rounding: padding, color: ground });
    expect(Buffer.from(result.data).toString('base64')).toBe(reference.pixels);
  });

  it('keeps a picture of one color as it is', () => {
    const image = solid({ width: 50, height: 31 }, [9, 200, 255]);
    for (const filter of ['bilinear', 'bicubic', 'lanczos'] as const) {
      expect(resize(image, { width: 7, height: 90 }, filter)).toEqual(
        solid({ width: 7, height: 90 }, [9, 200, 255]),
      );
    }
  });
});

describe('crop', () => {
  it('takes a part out of a picture, and refuses one that is not within it', () => {
    const data = Uint8Array.from({ length: 3 * 2 * 3 }, (_, index) => index);
    const image = { width: 3, height: 2, data };
    expect(crop(image, { x: 1, y: 1, width: 2, height: 1 })).toEqual({
      width: 2,
      height: 1,
      data: data.subarray(12, 18),
    });
    expect(() => crop(image, { x: 2, y: 0, width: 2, height: 1 })).toThrow(RangeError);
  });
});
