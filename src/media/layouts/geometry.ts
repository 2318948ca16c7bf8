/** Sizes of pictures, computed in single precision where llama.cpp does, because one pixel more is another picture. */
import type { Size } from '../image/rgb.ts';

const { fround } = Math;

/** The bounds of `fittedSize`. */
export interface FittedSizeOptions {
  /** Both sides become multiples of it. */
  readonly align: number;
  readonly minPixels?: number;
  readonly maxPixels?: number;
  /** Length that the longer side gets before the two limits apply. */
  readonly longestEdge?: number;
}

/**
 * The size nearest to that of a picture, or to `longestEdge`, whose sides are multiples of a number and whose area is within
 * limits ("smart resize" in Qwen2-VL's processor; `calc_size_preserved_ratio` in tools/mtmd/mtmd-image.cpp).
 */
export function fittedSize({ width, height }: Size, options: FittedSizeOptions): Size {
  const { align, minPixels = 0, maxPixels = 0, longestEdge = 0 } = options;
  const nearest = (length: number) => Math.round(fround(length / align)) * align;
  const above = (length: number) => Math.ceil(fround(length / align)) * align;
  const below = (length: number) => Math.floor(fround(length / align)) * align;
  const pixels = fround(fround(height) * width);
  const first = () => {
    if (longestEdge <= 0) {
      return { width: Math.max(align, nearest(width)), height: Math.max(align, nearest(height)) };
    }
    const scale = Math.min(fround(longestEdge / width), fround(longestEdge / height));
    return { width: above(fround(width * scale)), height: above(fround(height * scale)) };
  };
  const size = first();
  const area = size.width * size.height;
  if (maxPixels > 0 && area > maxPixels) {
    const shrink = fround(Math.sqrt(fround(pixels / maxPixels)));
    const side = (length: number) => Math.max(align, below(fround(length / shrink)));
    return { width: side(width), height: side(height) };
  }
  if (minPixels > 0 && area < minPixels) {
    const grow = fround(Math.sqrt(fround(minPixels / pixels)));
    return { width: above(fround(width * grow)), height: above(fround(height * grow)) };
  }
  return size;
}

/** The nearest multiple of a number, but at least once it. */
export function nearestMultiple(length: number, unit: number): number {
  return Math.max(Math.trunc(fround(Math.round(fround(length / unit)) * unit)), unit);
}

/**
 * The candidate in which most pixels of a picture survive, and of those, the one that wastes least (LLaVA 1.6).
 * @param candidates sizes, each [width, height]; at least one
 */
export function bestCandidate(size: Size, candidates: readonly (readonly [number, number])[]): Size {
  let best: Size = { width: 0, height: 0 };
  let most = 0;
  let leastWaste = Number.POSITIVE_INFINITY;
  for (const [width, height] of candidates) {
    const scale = Math.min(fround(width / size.width), fround(height / size.height));
    const scaled = Math.trunc(fround(size.width * scale)) * Math.trunc(fround(size.height * scale));
    const pixels = Math.min(scaled, size.width * size.height);
    const waste = width * height - pixels;
    if (pixels < most || (pixels === most && waste >= leastWaste)) continue;
    best = { width, height };
    most = pixels;
    leastWaste = waste;
  }
  return best;
}

/** Columns and rows of tiles whose proportions are nearest to those of a picture (InternVL, LFM2, DeepSeek-OCR). */
export function nearestTiling(
  { width, height }: Size,
  { tile, min, max }: { readonly tile: number; readonly min: number; readonly max: number },
): { readonly columns: number; readonly lines: number } {
  const ratio = fround(width / height);
  const area = fround(width * height);
  let best = { columns: 1, lines: 1 };
  let least = Number.POSITIVE_INFINITY;
  for (const tiling of tilings(min, max)) {
    const { columns, lines } = tiling;
    const difference = Math.abs(fround(ratio - fround(columns / lines)));
    // Of equal proportions, the one with more tiles counts where the picture has the pixels for it.
    const isWanted = area > fround(0.5 * tile * tile * columns * lines);
    if (difference > least || (difference === least && !isWanted)) continue;
    best = tiling;
    least = difference;
  }
  return best;
}

/** All tilings of so many tiles, those of fewer tiles first. */
function tilings(min: number, max: number): { readonly columns: number; readonly lines: number }[] {
  const found = new Map<string, { columns: number; lines: number }>();
  for (let most = min; most <= max; most++) {
    for (let columns = 1; columns <= most; columns++) {
      for (let lines = 1; lines <= most; lines++) {
        const count = columns * lines;
        if (count >= min && count <= max) found.set(`${columns}x${lines}`, { columns, lines });
      }
    }
  }
  return [...found.values()].sort((left, right) => left.columns * left.lines - right.columns * right.lines);
}
