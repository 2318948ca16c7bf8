import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Grid } from './encoder.ts';

/**
 * Joins squares of `side` x `side` patches to one row each (pixel shuffle): [width, columns x lines] to
 * [width x side², rows], line by line. A grid that is not a multiple of `side` is filled up with zeros.
 */
export function mergePatches(graph: Graph, rows: Tensor, { columns, lines }: Grid, side: number): Tensor {
  const [width] = rows.shape;
  const wide = Math.ceil(columns / side) * side;
  const high = Math.ceil(lines / side) * side;
  let grid = graph.reshape(rows, width, columns, lines);
  if (wide > columns || high > lines) grid = graph.pad(grid, 0, wide - columns, high - lines);
  grid = graph.permute(graph.reshape(grid, width * side, wide / side, high), 0, 2, 1, 3);
  grid = graph.permute(graph.cont(grid, width * side * side, high / side, wide / side), 0, 2, 1, 3);
  return graph.cont(grid, width * side * side, (high * wide) / (side * side));
}

/** Rows that `mergePatches` leaves. */
export function mergedRows({ columns, lines }: Grid, side: number): number {
  return Math.ceil(columns / side) * Math.ceil(lines / side);
}
