import { OllamaError } from '../../base/errors.ts';
import type { InputValue } from '../graph/program.ts';

const CHANNELS = 3;
const VALUES = 256;
const LARGEST = 255;

/**
 * Pixels as encoders take them: (value / 255 - mean) / std for each colour, rounded to floats at each step as C does.
 * @param data RGB, 8 bit, row by row
 * @returns [width, height, 3]: all of red, then green, then blue
 * @throws OllamaError `runner-failed` when there are not width x height pixels
 */
export function normalisedPixels(
  { width, height, data }: { readonly width: number; readonly height: number; readonly data: Uint8Array },
  mean: readonly number[],
  std: readonly number[],
): InputValue {
  const pixels = width * height;
  if (data.length !== pixels * CHANNELS || pixels === 0)
    throw new OllamaError(
      'runner-failed',
      `a picture of ${width} x ${height} pixels has ${data.length} bytes`,
    );
  const result = new Float32Array(pixels * CHANNELS);
  for (let channel = 0; channel < CHANNELS; channel++) {
    const table = valuesOf(mean[channel] ?? 0, std[channel] ?? 1);
    const first = channel * pixels;
    for (let pixel = 0; pixel < pixels; pixel++)
      result[first + pixel] = table[data[pixel * CHANNELS + channel] ?? 0] ?? 0;
  }
  return { shape: [width, height, CHANNELS], data: result };
}

function valuesOf(mean: number, std: number): Float32Array {
  const { fround } = Math;
  return Float32Array.from({ length: VALUES }, (_, value) =>
    fround(fround(fround(value / LARGEST) - fround(mean)) / fround(std)),
  );
}
