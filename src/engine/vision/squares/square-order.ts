/**
 * The order of patches in encoders that join squares of two by two: the four patches of a square are neighbours, so that four
 * rows are one square without moving anything. Attention within windows puts the squares of a window next to each other, and
 * windows of one size behind each other, so that they are computed together.
 */
import type { InputValue } from '../../graph/program.ts';
import type { Grid } from '../encoder.ts';

/** Patches per side of a square. */
export const SQUARE = 2;
/** Patches of a square. */
export const SQUARE_PATCHES = SQUARE * SQUARE;

/** Windows of one size, which lie behind each other. */
export interface WindowGroup {
  /** Row of the first patch. */
  readonly first: number;
  /** Patches per window. */
  readonly size: number;
  readonly count: number;
}

export interface SquareOrder {
  /** For each place, the number of the square there, counted line by line. */
  readonly squares: Int32Array;
  /** Empty = no windows. */
  readonly groups: readonly WindowGroup[];
}

/** Squares line by line, without windows. */
export function plainOrder(grid: Grid): SquareOrder {
  const count = squareCount(grid);
  return { squares: Int32Array.from({ length: count }, (_, index) => index), groups: [] };
}

/** @param side squares per side of a window; the windows at the right and at the bottom may be smaller */
export function windowOrder(grid: Grid, side: number): SquareOrder {
  const columns = grid.columns / SQUARE;
  const lines = grid.lines / SQUARE;
  const squares: number[] = [];
  const groups: WindowGroup[] = [];
  for (const high of windowSpans(lines, side)) {
    for (const wide of windowSpans(columns, side)) {
      const first = squares.length * SQUARE_PATCHES;
      for (const y of high.starts) {
        for (const x of wide.starts) squares.push(...squaresOf(x, y, wide.length, high.length, columns));
      }
      groups.push({
        first,
        size: wide.length * high.length * SQUARE_PATCHES,
        count: wide.starts.length * high.starts.length,
      });
    }
  }
  return { squares: Int32Array.from(squares), groups };
}

interface Spans {
  readonly length: number;
  readonly starts: readonly number[];
}

/** The whole windows along one side, and the rest if there is one. */
function windowSpans(length: number, side: number): Spans[] {
  const whole = Math.floor(length / side);
  const rest = length % side;
  const starts = Array.from({ length: whole }, (_, index) => index * side);
  return [
    ...(whole > 0 ? [{ length: side, starts }] : []),
    ...(rest > 0 ? [{ length: rest, starts: [whole * side] }] : []),
  ];
}

function squaresOf(left: number, top: number, width: number, height: number, columns: number): number[] {
  return Array.from(
    { length: width * height },
    (_, index) => (top + Math.floor(index / width)) * columns + left + (index % width),
  );
}

export function squareCount({ columns, lines }: Grid): number {
  return (columns / SQUARE) * (lines / SQUARE);
}

/** The indices that undo an order. */
export function inverse(order: Int32Array): InputValue {
  const data = new Int32Array(order.length);
  for (const [place, square] of order.entries()) data[square] = place;
  return { shape: [data.length], data };
}

/** Positions for a rotation in sections, [patches, 4]: line, column, line, column of each patch. */
export function sectionPositions(grid: Grid, { squares }: SquareOrder): InputValue {
  const columns = grid.columns / SQUARE;
  const patches = squares.length * SQUARE_PATCHES;
  const data = new Int32Array(patches * 4);
  for (let patch = 0; patch < patches; patch++) {
    const square = squares[Math.floor(patch / SQUARE_PATCHES)] ?? 0;
    const within = patch % SQUARE_PATCHES;
    const line = Math.floor(square / columns) * SQUARE + Math.floor(within / SQUARE);
    const column = (square % columns) * SQUARE + (within % SQUARE);
    data[patch] = line;
    data[patches + patch] = column;
    data[2 * patches + patch] = line;
    data[3 * patches + patch] = column;
  }
  return { shape: [patches, 4], data };
}
