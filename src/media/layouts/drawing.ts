import { type Box, crop, letterbox } from '../image/letterbox.ts';
import { type Filter, resize } from '../image/resize.ts';
import type { Color, Rgb, Size } from '../image/rgb.ts';

export type Draw = (image: Rgb) => Rgb;

export const BLACK: Color = [0, 0, 0];
export const GREY: Color = [127, 127, 127];
/** The mean of the pictures that CLIP was trained on. */
export const CLIP_MEAN: Color = [122, 116, 104];

/** Resizes to a size whatever the proportions. */
export const stretched =
  (size: Size, filter: Filter): Draw =>
  (image) =>
    resize(image, size, filter);

/** Resizes within a size and fills what is left over on both sides. */
export const padded =
  (size: Size, filter: Filter, color: Color, rounding: 'ceil' | 'nearest' = 'ceil'): Draw =>
  (image) =>
    letterbox(image, size, { filter, color, rounding });

/** Keeps the last result, so that the tiles of a picture share the work before they are cut. */
export function shared(draw: Draw): Draw {
  let last: { readonly image: Rgb; readonly result: Rgb } | undefined;
  return (image) => {
    if (last?.image !== image) last = { image, result: draw(image) };
    return last.result;
  };
}

export const cut =
  (from: Draw, box: Box): Draw =>
  (image) =>
    crop(from(image), box);

/** The boxes of a picture cut into equal tiles, row by row. */
export function tileBoxes({ width, height }: Size, tile: Size): Box[] {
  const boxes: Box[] = [];
  for (let y = 0; y < height; y += tile.height) {
    for (let x = 0; x < width; x += tile.width) {
      boxes.push({
        x,
        y,
        width: Math.min(tile.width, width - x),
        height: Math.min(tile.height, height - y),
      });
    }
  }
  return boxes;
}
