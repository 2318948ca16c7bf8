/** MiniCPM-V: a small whole picture first, then slices of the proportions that waste least (LLaVA-UHD, arXiv 2403.11703). */
import type { ImageFacts } from '../../gguf/projector/image-facts.ts';
import type { Size } from '../image/rgb.ts';
import { BLACK, cut, padded, shared, stretched } from './drawing.ts';
import { nearestMultiple } from './geometry.ts';
import type { PlanImage, PlannedPart, PlannedPiece } from './layout.ts';

const { fround } = Math;
const FILTER = 'bicubic';
const MAX_SLICES = 9;

/** Texts around the whole picture, around all slices and around each. */
interface Marks {
  readonly whole: readonly [string, string];
  readonly all: readonly [string, string];
  readonly each: readonly [string, string];
}

/** MiniCPM-V 2.5. */
const firstMarks: Marks = {
  whole: ['<image>', '</image>'],
  all: ['<slice>', '</slice>'],
  each: ['<image>', '</image>'],
};
/** MiniCPM-V 2.6 and later. */
const laterMarks: Marks = {
  whole: ['<image>', '</image>'],
  all: ['', ''],
  each: ['<slice>', '</slice>'],
};
const FIRST_VERSION = 2;

interface Grid {
  readonly columns: number;
  readonly lines: number;
}

export function minicpmv(image: ImageFacts, rows: (size: Size) => number): PlanImage {
  const marks = image.resampler?.version === FIRST_VERSION ? firstMarks : laterMarks;
  const align = image.patchSize * image.mergeSize;
  const piece = (size: Size, draw: PlannedPiece['draw']) => ({ ...size, tokens: rows(size), draw });
  return (size) => {
    const overview = overviewSize(size, image);
    const whole = [marks.whole[0], piece(overview, stretched(overview, FILTER)), marks.whole[1]];
    if (!isSliced(size, image)) return whole;
    const grid = bestGrid(size, image.size);
    const refined = refinedSize(size, grid, image.size, align);
    const source = shared(padded(refined, FILTER, BLACK));
    const slice = { width: refined.width / grid.columns, height: refined.height / grid.lines };
    const slices = (line: number): PlannedPart[] =>
      Array.from({ length: grid.columns }, (_, column) => {
        const box = { ...slice, x: column * slice.width, y: line * slice.height };
        return [marks.each[0], piece(slice, cut(source, box)), marks.each[1]];
      }).flat();
    const lines = Array.from({ length: grid.lines }, (_, line) => [
      ...(line > 0 ? ['\n'] : []),
      ...slices(line),
    ]);
    return [...whole, marks.all[0], ...lines.flat(), marks.all[1]];
  };
}

function isSliced(size: Size, image: ImageFacts): boolean {
  if (isSmallForMerger(size, image)) return false;
  return size.width > image.size || size.height > image.size;
}

/** MiniCPM-V 4.6 with twofold merging decides by the area. */
function isSmallForMerger(size: Size, image: ImageFacts): boolean {
  if (image.type !== 'minicpmv4_6' || image.mergeSize !== 2) return false;
  return areaRatio(size, image.size) <= 1;
}

function areaRatio({ width, height }: Size, side: number): number {
  return fround(fround(fround(width) * height) / (side * side));
}

function overviewSize(size: Size, image: ImageFacts): Size {
  const align = image.patchSize * image.mergeSize;
  if (isSmallForMerger(size, image)) return scaledSize(size, image.size, align, true);
  if (!isSliced(size, image)) return { width: image.size, height: image.size };
  return scaledSize(size, image.size, align, false);
}

/** A size of about the area of a square of `side`, in whole patches. */
function scaledSize({ width, height }: Size, side: number, align: number, mayGrow: boolean): Size {
  if (width * height <= side * side && !mayGrow) {
    return { width: nearestMultiple(width, align), height: nearestMultiple(height, align) };
  }
  const ratio = fround(width / height);
  const scaledHeight = Math.trunc(fround(side / fround(Math.sqrt(ratio))));
  const scaledWidth = Math.trunc(fround(scaledHeight * ratio));
  return { width: nearestMultiple(scaledWidth, align), height: nearestMultiple(scaledHeight, align) };
}

/** The grid with the proportions of the picture, of about as many slices as it has areas of the whole picture. */
function bestGrid(size: Size, side: number): Grid {
  const count = Math.min(Math.ceil(areaRatio(size, side)), MAX_SLICES);
  const wanted = fround(Math.log(fround(size.width / size.height)));
  let best: Grid = { columns: 1, lines: 1 };
  let least = Number.POSITIVE_INFINITY;
  for (const slices of [count - 1, count, count + 1]) {
    if (slices === 1 || slices > MAX_SLICES) continue;
    for (let columns = 1; columns <= slices; columns++) {
      if (slices % columns !== 0) continue;
      const lines = slices / columns;
      const error = fround(Math.abs(wanted - Math.log(columns / lines)));
      if (error >= least) continue;
      best = { columns, lines };
      least = error;
    }
  }
  return best;
}

function refinedSize({ width, height }: Size, { columns, lines }: Grid, side: number, align: number): Size {
  const cell = {
    width: Math.trunc(nearestMultiple(width, columns) / columns),
    height: Math.trunc(nearestMultiple(height, lines) / lines),
  };
  const slice = scaledSize(cell, side, align, true);
  return { width: slice.width * columns, height: slice.height * lines };
}
