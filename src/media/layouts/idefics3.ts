/** Idefics 3 and SmolVLM: tiles of one size that cover the enlarged picture, then the whole picture. */
import type { ImageFacts } from '../../gguf/projector/image-facts.ts';
import type { Size } from '../image/rgb.ts';
import { BLACK, cut, type Draw, padded, shared, stretched, tileBoxes } from './drawing.ts';
import { fittedSize } from './geometry.ts';
import type { PlanImage, PlannedPart } from './layout.ts';
import { pixelLimits } from './pixel-limits.ts';
import { mergedRows } from './rows.ts';

/** Where all sizes follow from the longer side. */
const FILTER = 'lanczos';
/** Where the user's limits, or an older file, decide. */
const OTHER_FILTER = 'bicubic';
const AROUND = '<fake_token_around_image>';
const BEFORE_WHOLE = `\n\n${AROUND}<global-img>`;

export function idefics3(image: ImageFacts): PlanImage {
  const tile = { width: image.size, height: image.size };
  const tokens = mergedRows(tile, image);
  return (size, limits) => {
    const { refined, source, whole } = drawings(size, image, pixelLimits(image, limits));
    const columns = Math.ceil(refined.width / tile.width);
    const tiles = tileBoxes(refined, tile).map((box, index): PlannedPart[] => {
      const column = index % columns;
      const row = Math.floor(index / columns);
      const lineBreak = column === 0 && row > 0 ? '\n' : '';
      const { width, height } = box;
      return [
        `${lineBreak}${AROUND}<row_${row + 1}_col_${column + 1}>`,
        { width, height, tokens: mergedRows(box, image), draw: cut(source, box) },
      ];
    });
    return [...tiles.flat(), BEFORE_WHOLE, { ...tile, tokens, draw: whole }, AROUND];
  };
}

interface Drawings {
  readonly refined: Size;
  readonly source: Draw;
  readonly whole: Draw;
}

function drawings(
  size: Size,
  image: ImageFacts,
  limits: { readonly minPixels?: number; readonly maxPixels?: number },
): Drawings {
  const tile = { width: image.size, height: image.size };
  const { longestEdge } = image;
  const isLimited = limits.minPixels !== undefined || limits.maxPixels !== undefined;
  if (longestEdge === undefined || isLimited) {
    const refined = fittedSize(size, {
      align: image.size,
      ...limits,
      ...(longestEdge !== undefined && { longestEdge }),
    });
    return {
      refined,
      source: shared(padded(refined, OTHER_FILTER, BLACK)),
      whole: stretched(tile, OTHER_FILTER),
    };
  }
  const enlarged = longestSide(size, longestEdge);
  const multiple = (length: number) => Math.ceil(length / image.size) * image.size;
  const refined = { width: multiple(enlarged.width), height: multiple(enlarged.height) };
  const first = stretched(enlarged, FILTER);
  const source = shared((picture) => stretched(refined, FILTER)(first(picture)));
  return { refined, source, whole: (picture) => stretched(tile, FILTER)(source(picture)) };
}

/** The longer side gets a length, the other one follows and becomes even. */
function longestSide({ width, height }: Size, length: number): Size {
  const ratio = width / height;
  const even = (side: number) => side + (side % 2);
  if (width >= height) return { width: length, height: even(Math.trunc(length / ratio)) };
  return { width: even(Math.trunc(length * ratio)), height: length };
}
