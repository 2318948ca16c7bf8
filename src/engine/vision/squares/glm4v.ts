/**
 * GLM-4.1V (https://arxiv.org/abs/2507.01006) and GLM-OCR, which has no table of positions:
 *
 *     patches in squares ─▶ norm ─▶ tower ─▶ convolution over squares ─▶ matrix ─▶ norm ─▶ gated feed-forward ─▶ rows
 */
import { interpolations } from '../../graph/graph.ts';
import { gridOf, type VisionFamily } from '../encoder.ts';
import {
  applyFeedForward,
  applyLinear,
  applyNorm,
  DEFAULT_EPS,
  linear,
  multiplications,
  norm,
} from '../layers.ts';
import { rowsSpec } from '../passes.ts';
import { plainOrder, SQUARE, SQUARE_PATCHES } from './square-order.ts';
import { SquareTower } from './square-tower.ts';

const FLOAT_BYTES = 4;

export const glm4v: VisionFamily = (source) => {
  const { weights, facts } = source;
  const tower = new SquareTower(source, {
    norm: 'rms',
    hasPatchNorm: true,
    ropeBase: facts.ropeBase,
    interpolation: interpolations.bicubic,
  });
  const merger = linear(weights, 'mm.patch_merger');
  const matrix = linear(weights, 'mm.model.fc');
  const matrixNorm = norm(weights, 'mm.post_norm');
  const layers = {
    up: linear(weights, 'mm.up'),
    gate: linear(weights, 'mm.gate'),
    down: linear(weights, 'mm.down'),
  };
  const rowWidth = layers.down.weight.shape[1];
  const widest = Math.max(merger.weight.shape[3], layers.up.weight.shape[1]);
  return {
    rowWidth,
    program: (picture) => {
      const grid = gridOf(picture, facts.patchSize);
      const order = plainOrder(grid);
      return {
        inputs: { pixels: picture.pixels, ...tower.inputs(grid, order) },
        passes: [
          ...tower.passes(grid, order),
          {
            kind: 'join',
            rows: order.squares.length,
            work: multiplications(merger, matrix, layers.up, layers.gate, layers.down),
            rowBytes: FLOAT_BYTES * (4 * facts.width * SQUARE_PATCHES + 4 * widest),
            writes: { rows: rowsSpec(rowWidth, order.squares.length) },
            build: (graph, get, { from, to }) => {
              const part = { from: from * SQUARE_PATCHES, to: to * SQUARE_PATCHES };
              const patches = graph.slice(get('hidden'), 1, part);
              const squares = graph.reshape(patches, facts.width, SQUARE, SQUARE, to - from);
              const planes = graph.cont(graph.permute(squares, 2, 0, 1, 3));
              const merged = graph.conv2d(merger.weight, planes, { stride: SQUARE });
              let rows = graph.reshape(merged, merged.shape[2], to - from);
              if (merger.bias) rows = graph.add(rows, merger.bias);
              rows = applyNorm(graph, 'layer', matrixNorm, DEFAULT_EPS, applyLinear(graph, matrix, rows));
              rows = graph.activation('gelu-erf', rows);
              return { rows: applyFeedForward(graph, layers, facts.activation, rows) };
            },
          },
        ],
        output: 'rows',
      };
    },
  };
};
