/** LFM2-VL: small pictures as one piece of their own proportions, large ones as tiles and a small whole picture. */
import type { ImageFacts } from '../../gguf/projector/image-facts.ts';
import type { Size } from '../image/rgb.ts';
import { BLACK, cut, padded, shared, stretched, tileBoxes } from './drawing.ts';
import { gridRows } from './dynamic.ts';
import { fittedSize, nearestTiling } from './geometry.ts';
import type { PlanImage, PlannedPart } from './layout.ts';
import { pixelLimits } from './pixel-limits.ts';

const FILTER = 'bilinear';
const TILE = { width: 512, height: 512 };
const tiling = { tile: TILE.width, min: 2, max: 10 };
/** Pictures of more than so many times the maximum area are cut. */
const TOLERANCE = 2;
const BEFORE = '<|image_start|>';
const AFTER = '<|image_end|>';

export function lfm2(image: ImageFacts): PlanImage {
  const align = image.patchSize * image.mergeSize;
  return (size, limits) => {
    const { maxPixels = Number.POSITIVE_INFINITY, ...rest } = pixelLimits(image, limits);
    const whole = fittedSize(size, { align, maxPixels, ...rest });
    const overview = { ...whole, tokens: gridRows(whole, image), draw: stretched(whole, FILTER) };
    if (!isCut(size, image, maxPixels)) return [BEFORE, overview, AFTER];
    const { columns, lines } = nearestTiling(size, tiling);
    const refined = { width: columns * TILE.width, height: lines * TILE.height };
    const source = shared(padded(refined, FILTER, BLACK));
    const tiles = tileBoxes(refined, TILE).map((box, index): PlannedPart[] => [
      `<|img_row_${Math.floor(index / columns) + 1}_col_${(index % columns) + 1}|>`,
      { ...TILE, tokens: gridRows(TILE, image), draw: cut(source, box) },
    ]);
    return [BEFORE, ...tiles.flat(), '<|img_thumbnail|>', overview, AFTER];
  };
}

function isCut({ width, height }: Size, { patchSize, mergeSize }: ImageFacts, maxPixels: number): boolean {
  const align = patchSize * mergeSize;
  const side = (length: number) => Math.max(patchSize, halfToEven(length / align) * align);
  return side(width) * side(height) > maxPixels * TOLERANCE;
}

/** Rounds to the nearest integer, and halves to the even one, as Python and C's `nearbyint` do. */
function halfToEven(value: number): number {
  const floor = Math.floor(value);
  const isHalf = value - floor === 0.5;
  return isHalf ? floor + (floor % 2) : Math.round(value);
}
