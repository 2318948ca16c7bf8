/**
 * Pixtral (https://arxiv.org/abs/2410.07073), also in Mistral Small 3.1 and LightOnOCR: pictures of any ratio, positions by
 * rotation in two dimensions, RMS norms.
 *
 *     patches ─▶ blocks ─▶ [norm ─▶ squares of patches joined ─▶ matrix] ─▶ feed-forward ─▶ [a row at the end of each line]
 */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type Grid, gridOf, type VisionFamily } from './encoder.ts';
import { applyFeedForward, applyNorm, linear, multiplications, norm, optionalLinear } from './layers.ts';
import { rowPass, rowsSpec, wholePass } from './passes.ts';
import { planePositions, rotateInPlane } from './rope.ts';
import { Tower } from './tower.ts';

export const pixtral: VisionFamily = (source) => {
  const { weights, facts } = source;
  const rope = { base: facts.ropeBase, first: 'line', second: 'column', alternating: true };
  const tower = new Tower(source, {
    norm: 'rms',
    positions: 'none',
    rotate: (graph, heads, get, rows) => rotateInPlane(graph, heads, get, rows, rope),
  });
  const merger = optionalLinear(weights, 'mm.patch_merger');
  const inputNorm = norm(weights, 'mm.input_norm');
  const layers = { up: linear(weights, 'mm.1'), down: linear(weights, 'mm.2') };
  const lineBreak = weights.optional('v.token_embd.img_break');
  const side = merger ? facts.mergeSize : 1;
  const [, rowWidth] = layers.down.weight.shape;

  return {
    rowWidth,
    program: (picture) => {
      const grid = gridOf(picture, facts.patchSize);
      const { line, column } = planePositions(grid);
      const merged = { columns: Math.floor(grid.columns / side), lines: Math.floor(grid.lines / side) };
      const rows = merged.columns * merged.lines;
      const { shape } = layers.up.weight;
      const sizes = {
        width: rowWidth,
        rows,
        work: multiplications(layers.up, layers.down),
        widest: shape[1],
      };
      const projected = lineBreak ? 'projected' : 'rows';
      return {
        inputs: { pixels: picture.pixels, line, column },
        passes: [
          ...tower.passes(grid),
          ...(merger
            ? [
                wholePass('merged', rowsSpec(shape[0], rows), rows * merger.weight.elements, (graph, get) => {
                  const normed = applyNorm(graph, 'rms', inputNorm, facts.eps, get('hidden'));
                  return graph.matmul(merger.weight, unfold(graph, normed, grid, side));
                }),
              ]
            : []),
          rowPass(projected, merger ? 'merged' : 'hidden', sizes, (graph, patches) =>
            applyFeedForward(graph, layers, 'gelu', patches),
          ),
          ...(lineBreak
            ? [
                wholePass('rows', rowsSpec(rowWidth, rows + merged.lines - 1), 0, (graph, get) =>
                  endLines(graph, get(projected), merged, lineBreak),
                ),
              ]
            : []),
        ],
        output: 'rows',
      };
    },
  };
};

/** Squares of patches as rows, the values of each channel together: [width x side², rows]. */
function unfold(graph: Graph, patches: Tensor, { columns, lines }: Grid, side: number): Tensor {
  const [width] = patches.shape;
  const planes = graph.cont(graph.permute(graph.reshape(patches, width, columns, lines), 2, 0, 1, 3));
  // Only the shape of the kernel counts.
  const kernel = graph.view(planes, { shape: [side, side, width], strides: [0, 0, 0] });
  const squares = graph.im2col(kernel, planes, { stride: side });
  return graph.reshape(squares, squares.shape[0], squares.shape[1] * squares.shape[2]);
}

/** Adds a row behind each line of patches but the last. */
function endLines(graph: Graph, rows: Tensor, { columns, lines }: Grid, lineBreak: Tensor): Tensor {
  const [width] = rows.shape;
  const grid = graph.reshape(rows, width, columns, lines);
  const ended = graph.concat(grid, graph.repeat(lineBreak, width, 1, lines), 1);
  return graph.view(ended, { shape: [width, (columns + 1) * lines - 1] });
}
