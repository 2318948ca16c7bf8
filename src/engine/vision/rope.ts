import { type Graph, ropeModes } from '../graph/graph.ts';
import type { RowRange } from '../graph/graph-base.ts';
import type { InputValue, Values } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Grid } from './encoder.ts';

export interface PlaneRope {
  readonly base: number;
  /** Names of the positions for the first and the second half of each head. */
  readonly first: string;
  readonly second: string;
  /** Whether the halves take alternating frequencies (Pixtral), or both the same. */
  readonly alternating: boolean;
}

/**
 * Rotary positions in two dimensions: one half of each head turns by the line of its patch, the other by its column.
 * Neighbouring values form a pair.
 */
export function rotateInPlane(
  graph: Graph,
  heads: Tensor,
  get: Values,
  rows: RowRange,
  { base, first, second, alternating }: PlaneRope,
): Tensor {
  const [headWidth] = heads.shape;
  const half = Math.floor(headWidth / 2);
  // With half the values, the frequencies base^(-4i/n) are the even ones; this factor makes them the odd ones.
  const odd = Math.fround(Math.fround(base) ** Math.fround(-2 / headWidth));
  const common = { values: half, mode: ropeModes.adjacent, base };
  const turned = graph.rope(heads, graph.slice(get(first), 0, rows), common);
  const both = graph.rope(turned, graph.slice(get(second), 0, rows), {
    ...common,
    scale: alternating ? odd : 1,
  });
  return graph.ropeOffset(both, half);
}

/** Line and column of each patch, from 0, or another first number; `after` rows with position 0 follow. */
export function planePositions(
  { columns, lines }: Grid,
  { first = 0, after = 0 } = {},
): { readonly line: InputValue; readonly column: InputValue } {
  const patches = columns * lines;
  const line = new Int32Array(patches + after);
  const column = new Int32Array(patches + after);
  for (let patch = 0; patch < patches; patch++) {
    line[patch] = Math.floor(patch / columns) + first;
    column[patch] = (patch % columns) + first;
  }
  const shape = [patches + after];
  return { line: { shape, data: line }, column: { shape, data: column } };
}

/**
 * Rotary positions in two dimensions as Qwen2-VL has them: the first quarter of each head turns by the line, the next by the
 * column, each value with the one half a head further.
 * @param places [rows, 4] of all rows: `sectionPositions`, or `planeSections`
 */
export function rotateInSections(
  graph: Graph,
  heads: Tensor,
  places: Tensor,
  range: RowRange,
  base: number,
): Tensor {
  const [headWidth, , rows] = heads.shape;
  const quarter = Math.floor(headWidth / 4);
  return graph.rope(heads, graph.cont(graph.slice(places, 0, range), rows * 4), {
    values: Math.floor(headWidth / 2),
    mode: ropeModes.picture,
    base,
    sections: [quarter, quarter, quarter, quarter],
  });
}

/** Line, column, line and column of each patch, line by line: [patches, 4]. */
export function planeSections(grid: Grid): InputValue {
  const { line, column } = planePositions(grid);
  const patches = grid.columns * grid.lines;
  const data = new Int32Array(patches * 4);
  for (const [index, part] of [line, column, line, column].entries()) data.set(part.data, index * patches);
  return { shape: [patches, 4], data };
}
