/**
 * Gemma 4: pictures of any proportions, with positions from one table for columns and one for lines, and a rotation by both.
 *
 *     patches + positions ─▶ blocks ─▶ mean of squares ─▶ scale ─▶ RMS norm ─▶ matrix ─▶ rows
 */
import { type Graph, ropeModes } from '../graph/graph.ts';
import type { RowRange } from '../graph/graph-base.ts';
import type { Values } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { gridOf, type VisionFamily } from './encoder.ts';
import { applyLinear, linear } from './layers.ts';
import { rowsSpec, wholePass } from './passes.ts';
import { placedTower } from './placed-tower.ts';
import { planePositions } from './rope.ts';

/** Values of pixels go from -1 to 1. */
const PIXEL_SCALE = [2, -1] as const;

export const gemma4v: VisionFamily = (source) => {
  const { weights, facts } = source;
  const { width, eps, mergeSize, ropeBase } = facts;
  const tables = weights.tensor('v.position_embd.weight');
  const tower = placedTower(source, {
    norm: 'rms',
    pixelScale: PIXEL_SCALE,
    place: (graph, rows, get, range) => {
      const byColumn = graph.getRows(table(graph, tables, 0), graph.slice(get('column'), 0, range));
      const byLine = graph.getRows(table(graph, tables, 1), graph.slice(get('line'), 0, range));
      return graph.add(graph.add(rows, byColumn), byLine);
    },
    blocks: {
      scoreScale: 1,
      prepareValue: (graph, heads) => graph.rmsNorm(heads, eps),
      rotate: (graph, heads, get, range) => rotated(graph, heads, get, range, ropeBase),
    },
  });
  const [bias, factor] = ['v.std_bias', 'v.std_scale'].map((name) => weights.optional(name));
  const matrix = linear(weights, 'mm.input_projection');
  const rowWidth = matrix.weight.shape[1];
  return {
    rowWidth,
    program: (picture) => {
      const grid = gridOf(picture, facts.patchSize);
      const { line, column } = planePositions(grid);
      const rows = Math.floor(grid.columns / mergeSize) * Math.floor(grid.lines / mergeSize);
      return {
        inputs: { pixels: picture.pixels, line, column },
        passes: [
          ...tower(grid),
          wholePass('rows', rowsSpec(rowWidth, rows), rows * matrix.weight.elements, (graph, get) => {
            const planes = graph.cont(graph.transpose(get('hidden')), grid.columns, grid.lines, width);
            const flat = graph.reshape(graph.averagePool2d(planes, mergeSize), rows, width);
            let pooled = graph.scale(graph.cont(graph.transpose(flat)), Math.fround(Math.sqrt(width)));
            if (bias && factor) pooled = graph.mul(graph.sub(pooled, bias), factor);
            return applyLinear(graph, matrix, graph.rmsNorm(pooled, eps));
          }),
        ],
        output: 'rows',
      };
    },
  };
};

/** One of two tables [width, positions] behind each other. */
function table(graph: Graph, tables: Tensor, index: 0 | 1): Tensor {
  const [width, positions] = tables.shape;
  return graph.view(tables, { shape: [width, positions], offset: index * tables.strides[2] });
}

/** The first half of each head turns by the column, the second by the line; values half of that apart form a pair. */
function rotated(graph: Graph, heads: Tensor, get: Values, range: RowRange, base: number): Tensor {
  const half = Math.floor(heads.shape[0] / 2);
  const rope = { values: half, mode: ropeModes.halves, base };
  const first = graph.rope(heads, graph.slice(get('column'), 0, range), rope);
  return graph.ropeOffset(graph.rope(first, graph.slice(get('line'), 0, range), rope), half);
}
