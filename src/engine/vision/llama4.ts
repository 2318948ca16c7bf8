/**
 * Llama 4: a class token behind the patches, and positions by rotation in two dimensions besides those of the table.
 *
 *     patches, class token ─▶ blocks ─▶ squares of patches joined ─▶ feed-forward, with an activation at its end ─▶ matrix
 */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type Grid, gridOf, type VisionFamily } from './encoder.ts';
import { linear, multiplications } from './layers.ts';
import { rowPass, rowsSpec, wholePass } from './passes.ts';
import { planePositions, rotateInPlane } from './rope.ts';
import { Tower } from './tower.ts';

export const llama4: VisionFamily = (source) => {
  const { weights, facts } = source;
  const rope = { base: facts.ropeBase, first: 'column', second: 'line', alternating: false };
  const tower = new Tower(source, {
    norm: 'layer',
    positions: 'table',
    classToken: 'behind',
    rotate: (graph, heads, get, rows) => rotateInPlane(graph, heads, get, rows, rope),
    patches: (graph, pixels, kernel) => unfoldPatches(graph, pixels, kernel, facts.patchSize),
  });
  const first = linear(weights, 'mm.model.mlp.1');
  const second = linear(weights, 'mm.model.mlp.2');
  const matrix = linear(weights, 'mm.model.fc');
  const rowWidth = matrix.weight.shape[1];
  const side = facts.mergeSize;

  return {
    rowWidth,
    program: (picture) => {
      const grid = gridOf(picture, facts.patchSize);
      const { line, column } = planePositions(grid, { first: 1, after: 1 });
      const rows = Math.floor(grid.columns / side) * Math.floor(grid.lines / side);
      const mergedWidth = facts.width * side * side;
      const widest = Math.max(mergedWidth, first.weight.shape[1], second.weight.shape[1]);
      const sizes = { width: rowWidth, rows, work: multiplications(first, second, matrix), widest };
      return {
        inputs: { pixels: picture.pixels, line, column },
        passes: [
          ...tower.passes(grid),
          wholePass('merged', rowsSpec(mergedWidth, rows), 0, (graph, get) =>
            mergeColumns(graph, graph.slice(get('hidden'), 1, tower.patchRows(grid)), grid, side),
          ),
          rowPass('rows', 'merged', sizes, (graph, merged) => {
            const inner = graph.unary('gelu', graph.matmul(first.weight, merged));
            const outer = graph.unary('gelu', graph.matmul(second.weight, inner));
            return graph.matmul(matrix.weight, outer);
          }),
        ],
        output: 'rows',
      };
    },
  };
};

/** The pixels under each patch as a row, times the matrix. */
function unfoldPatches(graph: Graph, pixels: Tensor, matrix: Tensor, size: number): Tensor {
  const width = matrix.elements / (size * size * 3);
  const kernel = graph.reshape(matrix, size, size, 3, width);
  const unfolded = graph.im2col(kernel, pixels, { stride: size });
  const flat = graph.reshape(matrix, size * size * 3, width);
  const [values, columns, lines] = unfolded.shape;
  return graph.matmul(flat, graph.reshape(unfolded, values, columns * lines));
}

/** Joins squares of patches: column by column, not line by line as other families do. */
function mergeColumns(graph: Graph, patches: Tensor, { columns, lines }: Grid, side: number): Tensor {
  const [width] = patches.shape;
  const pairs = graph.reshape(patches, width * side, columns / side, lines);
  const wide = width * side * side;
  const squares = graph.cont(graph.permute(pairs, 0, 2, 1, 3), wide, columns / side, lines / side);
  return graph.reshape(squares, wide, (columns * lines) / (side * side));
}
