import { type Filter, resampleWeights, WEIGHT_BITS, type Weights } from './resample-weights.ts';
import { CHANNELS, type Rgb, type Size } from './rgb.ts';

export type { Filter } from './resample-weights.ts';

/** Half of a unit, so that the shift that follows rounds. */
const HALF = 1 << (WEIGHT_BITS - 1);

/**
 * Resizes as Pillow and llama.cpp's multimodal tool do: first the rows, then the columns, each rounded to 8 bits.
 * @returns the picture itself where it already has the size
 */
export function resize(image: Rgb, { width, height }: Size, filter: Filter): Rgb {
  const narrow = width === image.width ? image : resizeRows(image, width, filter);
  return height === image.height ? narrow : resizeColumns(narrow, height, filter);
}

function resizeRows({ data, width: from, height }: Rgb, width: number, filter: Filter): Rgb {
  const { first, count, values, stride } = resampleWeights(from, width, filter);
  const result = new Uint8ClampedArray(width * height * CHANNELS);
  let target = 0;
  for (let y = 0; y < height; y++) {
    const row = y * from * CHANNELS;
    for (let x = 0; x < width; x++) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let source = row + (first[x] as number) * CHANNELS;
      const start = x * stride;
      const end = start + (count[x] as number);
      for (let tap = start; tap < end; tap++, source += CHANNELS) {
        const weight = values[tap] as number;
        red += (data[source] as number) * weight;
        green += (data[source + 1] as number) * weight;
        blue += (data[source + 2] as number) * weight;
      }
      result[target] = red >> WEIGHT_BITS;
      result[target + 1] = green >> WEIGHT_BITS;
      result[target + 2] = blue >> WEIGHT_BITS;
      target += CHANNELS;
    }
  }
  return { width, height, data: bytesOf(result) };
}

function resizeColumns({ data, width, height: from }: Rgb, height: number, filter: Filter): Rgb {
  const weights = resampleWeights(from, height, filter);
  const rowBytes = width * CHANNELS;
  const result = new Uint8ClampedArray(rowBytes * height);
  const sums = new Int32Array(rowBytes);
  for (let y = 0; y < height; y++) {
    addRows(sums, data, weights, y);
    const start = y * rowBytes;
    for (let index = 0; index < rowBytes; index++) {
      result[start + index] = (sums[index] as number) >> WEIGHT_BITS;
    }
  }
  return { width, height, data: bytesOf(result) };
}

/** Whole rows at once, because neighbors in memory are the quickest to read. */
function addRows(
  sums: Int32Array,
  data: Uint8Array,
  { first, count, values, stride }: Weights,
  y: number,
): void {
  sums.fill(HALF);
  for (let tap = 0; tap < (count[y] as number); tap++) {
    const weight = values[y * stride + tap] as number;
    const start = ((first[y] as number) + tap) * sums.length;
    for (let index = 0; index < sums.length; index++) {
      sums[index] = (sums[index] as number) + (data[start + index] as number) * weight;
    }
  }
}

function bytesOf(clamped: Uint8ClampedArray): Uint8Array {
  return new Uint8Array(clamped.buffer);
}
