/**
 * SigLIP (https://arxiv.org/abs/2303.15343) and the projectors behind it:
 *
 *     gemma3       mean of 4 x 4 patches ─▶ RMS norm ─▶ matrix
 *     idefics3     squares of patches joined ─▶ matrix (SmolVLM too)
 *     lfm2         squares of patches joined ─▶ norm ─▶ feed-forward
 *     janus_pro    feed-forward for each patch
 *     phi4         feed-forward for each patch
 */
import type { Pass } from '../graph/program.ts';
import {
  type Grid,
  gridOf,
  type Picture,
  type Source,
  type VisionEncoder,
  type VisionFamily,
} from './encoder.ts';
import {
  applyFeedForward,
  applyNorm,
  DEFAULT_EPS,
  type FeedForward,
  linear,
  multiplications,
  norm,
} from './layers.ts';
import { mergedRows, mergePatches } from './merge.ts';
import { rowPass, rowsSpec, wholePass } from './passes.ts';
import { Tower, type TowerOptions } from './tower.ts';

type Head = (grid: Grid) => Pass[];

/** Joins a tower and what is behind it, which makes the value `rows`. */
function encoder(
  source: Source,
  positions: TowerOptions['positions'],
  rowWidth: number,
  head: Head,
): VisionEncoder {
  const tower = new Tower(source, { norm: 'layer', positions });
  return {
    rowWidth,
    program: (picture: Picture) => {
      const grid = gridOf(picture, source.facts.patchSize);
      return {
        inputs: { pixels: picture.pixels },
        passes: [...tower.passes(grid), ...head(grid)],
        output: 'rows',
      };
    },
  };
}

export const gemma3: VisionFamily = (source) => {
  const { weights, facts } = source;
  const normWeight = weights.tensor('mm.soft_emb_norm.weight');
  const matrix = weights.tensor('mm.input_projection.weight');
  const [rowWidth] = matrix.shape;
  return encoder(source, 'table', rowWidth, ({ columns, lines }) => {
    const rows = Math.floor(columns / facts.mergeSize) * Math.floor(lines / facts.mergeSize);
    return [
      wholePass('rows', rowsSpec(rowWidth, rows), rows * matrix.elements, (graph, get) => {
        const planes = graph.cont(graph.transpose(get('hidden')), columns, lines, facts.width);
        const pooled = graph.averagePool2d(planes, facts.mergeSize);
        const flat = graph.reshape(pooled, rows, facts.width);
        const normed = graph.rmsNorm(graph.cont(graph.transpose(flat)), facts.eps);
        return graph.matmul(graph.cont(graph.transpose(matrix)), graph.mul(normed, normWeight));
      }),
    ];
  });
};

export const idefics3: VisionFamily = (source) => {
  const { weights, facts } = source;
  const matrix = linear(weights, 'mm.model.fc').weight;
  const [, rowWidth] = matrix.shape;
  return encoder(source, 'table', rowWidth, (grid) => {
    const rows = mergedRows(grid, facts.mergeSize);
    return [
      mergePass(facts.width, grid, facts.mergeSize),
      rowPass(
        'rows',
        'merged',
        { width: rowWidth, rows, work: matrix.elements, widest: matrix.shape[0] },
        (graph, merged) => graph.matmul(matrix, merged),
      ),
    ];
  });
};

export const lfm2: VisionFamily = (source) => {
  const { weights, facts } = source;
  const inputNorm = norm(weights, 'mm.input_norm');
  const layers = { up: linear(weights, 'mm.1'), down: linear(weights, 'mm.2') };
  const rowWidth = layers.down.weight.shape[1];
  return encoder(source, 'interpolated', rowWidth, (grid) => [
    mergePass(facts.width, grid, facts.mergeSize),
    feedForwardPass(layers, 'merged', mergedRows(grid, facts.mergeSize), (graph, merged) => {
      const normed = inputNorm.weight ? applyNorm(graph, 'layer', inputNorm, DEFAULT_EPS, merged) : merged;
      return applyFeedForward(graph, layers, 'gelu', normed);
    }),
  ]);
};

export const janusPro: VisionFamily = (source) => {
  const layers = { up: linear(source.weights, 'mm.0'), down: linear(source.weights, 'mm.1') };
  return perPatch(source, layers, 'table', source.facts.activation);
};

export const phi4: VisionFamily = (source) => {
  const layers = { up: linear(source.weights, 'mm.0'), down: linear(source.weights, 'mm.2') };
  return perPatch(source, layers, 'interpolated', 'gelu');
};

function perPatch(
  source: Source,
  layers: FeedForward,
  positions: TowerOptions['positions'],
  activation: 'gelu' | 'silu' | 'quick-gelu',
): VisionEncoder {
  return encoder(source, positions, layers.down.weight.shape[1], ({ columns, lines }) => [
    feedForwardPass(layers, 'hidden', columns * lines, (graph, patches) =>
      applyFeedForward(graph, layers, activation, patches),
    ),
  ]);
}

function mergePass(width: number, grid: Grid, side: number): Pass {
  const spec = rowsSpec(width * side * side, mergedRows(grid, side));
  return wholePass('merged', spec, 0, (graph, get) => mergePatches(graph, get('hidden'), grid, side));
}

function feedForwardPass(
  layers: FeedForward,
  from: string,
  rows: number,
  build: Parameters<typeof rowPass>[3],
): Pass {
  const { up, down } = layers;
  const sizes = {
    width: down.weight.shape[1],
    rows,
    work: multiplications(up, down),
    widest: Math.max(up.weight.shape[0], up.weight.shape[1]),
  };
  return rowPass('rows', from, sizes, build);
}
