/** Attention within squares of patches, with scores that depend on the distance of columns and of lines. */

import { elementTypes } from '../../graph/ggml.ts';
import { type Graph, interpolations } from '../../graph/graph.ts';
import type { RowRange } from '../../graph/graph-base.ts';
import type { Pass, Values } from '../../graph/program.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { scoreScale } from '../blocks.ts';
import { rowsSpec } from '../passes.ts';

export interface PlaneAttention {
  /** Patches per side of a square. */
  readonly side: number;
  /** Number of squares. */
  readonly count: number;
  readonly heads: number;
  readonly flash: boolean;
  /** Tables of the distances of columns and of lines: [head, distances]. */
  readonly columnTable: Tensor;
  readonly lineTable: Tensor;
  /** Name of the indices into the tables. */
  readonly distances: string;
}

const FLOAT_BYTES = 4;

/**
 * From the value `joined` [3 x width, rows], squares after each other, to the value `attended` [width, rows]. Its rows are
 * lines of patches: a line of queries with all keys of its square.
 */
export function attendPlane(
  attention: PlaneAttention,
  width: number,
  output: (graph: Graph, attended: Tensor) => Tensor,
): Pass {
  const { side, count, heads } = attention;
  const patches = side * side;
  const rows = patches * count;
  return {
    kind: 'attend in a plane',
    rows: side * count,
    work: side * (2 * patches * width + width * width),
    // Scores, and what is added to them, twice while it is made.
    rowBytes: FLOAT_BYTES * side * (4 * heads * patches + 4 * width),
    writes: { attended: rowsSpec(width, rows) },
    drops: ['joined', 'windows'],
    build: (graph, get, range) => {
      const parts = partsOf(range, side).map((part) =>
        output(graph, attendPart(graph, get, attention, part)),
      );
      return { attended: parts.reduce((before, next) => graph.concat(before, next, 1)) };
    },
  };
}

/** Neighbouring squares, of which each line attends, or some lines of one square. */
interface Part {
  readonly square: number;
  readonly count: number;
  readonly lines: RowRange;
}

/** Lines of squares after each other, cut where a square is covered only in part. */
function partsOf({ from, to }: RowRange, side: number): Part[] {
  const parts: Part[] = [];
  for (let line = from; line < to; ) {
    const square = Math.floor(line / side);
    const first = line - square * side;
    const whole = first === 0 ? Math.floor((to - line) / side) : 0;
    const last = whole > 0 ? side : Math.min(to - square * side, side);
    parts.push({ square, count: Math.max(whole, 1), lines: { from: first, to: last } });
    line += (last - first) * Math.max(whole, 1);
  }
  return parts;
}

/** Attention of some lines of queries to their squares: [width, queries]. */
function attendPart(
  graph: Graph,
  get: Values,
  attention: PlaneAttention,
  { square, count, lines }: Part,
): Tensor {
  const { side, heads, flash } = attention;
  const joined = get('joined');
  const width = joined.shape[0] / 3;
  const head = Math.floor(width / heads);
  const row = joined.strides[1];
  const patches = side * side;
  const queries = (lines.to - lines.from) * side;
  const part = (index: number, first: number, rows: number) =>
    graph.view(joined, {
      shape: [head, heads, rows, count],
      strides: [head * FLOAT_BYTES, row, row * patches],
      offset: (square * patches + first) * row + index * width * FLOAT_BYTES,
    });
  const query = graph.permute(part(0, lines.from * side, queries), 0, 2, 1, 3);
  const key = graph.permute(part(1, 0, patches), 0, 2, 1, 3);
  const value = part(2, 0, patches);
  const how = { scale: scoreScale(head), mask: distanceScores(graph, get, attention, query, lines) };
  if (flash) {
    const half = (stored: Tensor) => graph.cast(stored, elementTypes.f16);
    const mixed = graph.flashAttention(query, half(key), half(graph.permute(value, 0, 2, 1, 3)), how);
    return graph.reshape(mixed, width, queries * count);
  }
  const scores = graph.softMax(graph.matmul(key, query), how);
  const mixed = graph.matmul(graph.cont(graph.permute(value, 1, 2, 0, 3)), scores);
  return graph.cont(graph.permute(mixed, 0, 2, 1, 3), width, queries * count);
}

/** What is added to the scores: [keys, queries, heads, squares]. */
function distanceScores(
  graph: Graph,
  get: Values,
  { side, columnTable, lineTable, distances }: PlaneAttention,
  query: Tensor,
  { from, to }: RowRange,
): Tensor {
  const [head, , heads, count] = query.shape;
  const lines = to - from;
  const planes = heads * count;
  const table = (of: Tensor) => distanceTable(graph, of, get(distances), side);
  const plane = graph.cont(query, head, side, lines, planes);
  const byColumn = graph.matmul(table(columnTable), graph.cont(graph.permute(plane, 0, 2, 1, 3)));
  const columns = graph.reshape(
    graph.cont(graph.permute(byColumn, 0, 2, 1, 3)),
    side,
    1,
    side * lines,
    planes,
  );
  const byLine = graph.matmul(graph.slice(table(lineTable), 2, { from, to }), plane);
  const sums = graph.add(
    graph.repeat(columns, side, side, side * lines, planes),
    graph.reshape(byLine, 1, side, side * lines, planes),
  );
  return graph.reshape(sums, side * side, side * lines, heads, count);
}

/** The table of distances for each pair of a query and a key: [head, keys, queries]. */
function distanceTable(graph: Graph, table: Tensor, indices: Tensor, side: number): Tensor {
  const [head, length] = table.shape;
  const wanted = 2 * side - 1;
  let fitting = table;
  if (length !== wanted) {
    const columns = graph.reshape(graph.cont(graph.permute(table, 1, 0, 2, 3)), length, 1, head);
    const resized = graph.interpolate(columns, wanted, 1, interpolations.bilinear);
    fitting = graph.cont(graph.permute(graph.reshape(resized, wanted, head), 1, 0, 2, 3));
  }
  return graph.reshape(graph.getRows(fitting, indices), head, side, side);
}

interface Tiles {
  readonly side: number;
  readonly tiles: number;
}

/** Cuts planes [width, patches] into squares of `window` x `window`, filled up with zeros: [width, patches of all squares]. */
export function windowsOf(graph: Graph, rows: Tensor, { side, tiles }: Tiles, window: number): Tensor {
  const [width] = rows.shape;
  const perSide = Math.ceil(side / window);
  const added = perSide * window - side;
  const plane = graph.reshape(rows, width, side, side, tiles);
  const padded = added > 0 ? graph.pad(plane, 0, added, added) : plane;
  const strips = graph.reshape(padded, width * window, perSide, window, perSide * tiles);
  const squares = graph.cont(graph.permute(strips, 0, 2, 1, 3));
  return graph.reshape(squares, width, window * window * perSide * perSide * tiles);
}

/** Joins what `windowsOf` cut. */
export function windowsJoined(graph: Graph, rows: Tensor, { side, tiles }: Tiles, window: number): Tensor {
  const [width] = rows.shape;
  const perSide = Math.ceil(side / window);
  const padded = perSide * window;
  const squares = graph.reshape(rows, width * window, window, perSide, perSide * tiles);
  const strips = graph.cont(graph.permute(squares, 0, 2, 1, 3));
  const plane = graph.reshape(strips, width, padded, padded, tiles);
  const inner = graph.view(plane, { shape: [width, side, side, tiles], strides: plane.strides.slice(1) });
  return graph.cont(inner, width, side * side * tiles);
}
