/** Families whose encoders take any size: the picture keeps its proportions and gets sides of whole rows. */
import type { ImageFacts } from '../../gguf/projector/image-facts.ts';
import type { Filter } from '../image/resize.ts';
import type { Size } from '../image/rgb.ts';
import { BLACK, padded, stretched } from './drawing.ts';
import { fittedSize } from './geometry.ts';
import type { PlanImage } from './layout.ts';
import { pixelLimits } from './pixel-limits.ts';
import { patchCount, rowGrid } from './rows.ts';

interface DynamicOptions {
  readonly filter: Filter;
  /** Whether the picture is stretched rather than centered on black, where its proportions change by a few pixels. */
  readonly isStretched?: boolean;
  readonly before?: string;
  readonly after?: string;
  readonly rows: (size: Size, image: ImageFacts) => number;
  /** Whether positions count in columns and lines. */
  readonly hasGrid?: boolean;
}

export function dynamicSize(image: ImageFacts, options: DynamicOptions): PlanImage {
  const { filter, isStretched = false, before = '', after = '', rows, hasGrid = false } = options;
  const align = image.patchSize * image.mergeSize;
  const { longestEdge } = image;
  return (original, limits) => {
    const size = fittedSize(original, {
      align,
      ...pixelLimits(image, limits),
      ...(longestEdge !== undefined && { longestEdge }),
    });
    const draw = isStretched ? stretched(size, filter) : padded(size, filter, BLACK);
    const piece = {
      ...size,
      tokens: rows(size, image),
      draw,
      ...(hasGrid && { grid: rowGrid(size, image) }),
    };
    return [before, piece, after];
  };
}

/** One row per square of `mergeSize` patches. */
export const gridRows = (size: Size, image: ImageFacts): number => {
  const { columns, lines } = rowGrid(size, image);
  return columns * lines;
};

/** Pixtral: a row that marks the end of the line follows each line but the last, where the model has one. */
export function linesOfRows(size: Size, image: ImageFacts): number {
  const { columns, lines } = rowGrid(size, image);
  return columns * lines + (image.hasLineBreaks ? lines - 1 : 0);
}

/** Every `mergeSize` squared patches become one row, those left over as well. */
export const packedRows = (size: Size, image: ImageFacts): number =>
  Math.ceil(patchCount(size, image) / image.mergeSize ** 2);
