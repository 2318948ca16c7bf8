import type { ImageFacts } from '../../gguf/projector/image-facts.ts';
import type { Size } from '../image/rgb.ts';

/** Whole patches of a picture. */
export function patchCount({ width, height }: Size, { patchSize }: ImageFacts): number {
  return Math.floor(width / patchSize) * Math.floor(height / patchSize);
}

/** Rows of a picture of which every square of `mergeSize` patches becomes one. */
export function mergedRows(size: Size, image: ImageFacts): number {
  return Math.floor(patchCount(size, image) / image.mergeSize ** 2);
}

/** Columns and lines of such rows, a remainder counting as a whole one. */
export function rowGrid({ width, height }: Size, { patchSize, mergeSize }: ImageFacts) {
  const side = patchSize * mergeSize;
  return { columns: Math.ceil(width / side), lines: Math.ceil(height / side) };
}
