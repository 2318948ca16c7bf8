/**
 * InternVL (https://arxiv.org/abs/2404.16821) and Nemotron Nano VL: squares of patches are joined behind a transformer with
 * class tokens.
 *
 *     patches, class tokens ─▶ blocks ─▶ squares of patches joined ─▶ norm ─▶ feed-forward
 */
import { gridOf, type Source, type VisionEncoder, type VisionFamily } from './encoder.ts';
import {
  applyFeedForward,
  applyNorm,
  DEFAULT_EPS,
  linear,
  multiplications,
  type Norm,
  norm,
} from './layers.ts';
import { mergedRows, mergePatches } from './merge.ts';
import { rowPass, rowsSpec, wholePass } from './passes.ts';
import { Tower, type TowerOptions } from './tower.ts';

/** The encoder with 6 billion parameters, of InternVL's largest models; nothing in its file states its norm. */
const LARGE = { width: 3200, blocks: 45 } as const;
const NEMOTRON_EPS = 1e-6;

interface Head {
  readonly kind: 'layer' | 'rms';
  readonly norm: Norm;
  readonly eps: number;
  readonly activation: 'gelu' | 'relu-squared';
}

/** The class token is the last row, so it takes the last position: as llama.cpp has it, for which files are made. */
export const internvl: VisionFamily = (source) => {
  const { width, blocks } = source.facts;
  const isLarge = width === LARGE.width && blocks === LARGE.blocks;
  return encoder(
    source,
    { norm: isLarge ? 'rms' : 'layer', positions: 'table', classToken: 'behind' },
    { kind: 'layer', norm: norm(source.weights, 'mm.model.mlp.0'), eps: DEFAULT_EPS, activation: 'gelu' },
  );
};

/** Several registers come first and have no positions. */
export const nemotron: VisionFamily = (source) =>
  encoder(
    source,
    { norm: 'layer', positions: 'table', classToken: 'before', classHasPosition: false },
    {
      kind: 'rms',
      norm: { weight: source.weights.tensor('mm.model.mlp.0.weight'), bias: undefined },
      eps: NEMOTRON_EPS,
      activation: 'relu-squared',
    },
  );

function encoder(source: Source, options: TowerOptions, head: Head): VisionEncoder {
  const { weights, facts } = source;
  const tower = new Tower(source, options);
  const layers = { up: linear(weights, 'mm.model.mlp.1'), down: linear(weights, 'mm.model.mlp.3') };
  const rowWidth = layers.down.weight.shape[1];
  return {
    rowWidth,
    program: (picture) => {
      const grid = gridOf(picture, facts.patchSize);
      const rows = mergedRows(grid, facts.mergeSize);
      const mergedWidth = facts.width * facts.mergeSize ** 2;
      const work = multiplications(layers.up, layers.down);
      const sizes = { width: rowWidth, rows, work, widest: Math.max(mergedWidth, layers.up.weight.shape[1]) };
      return {
        inputs: { pixels: picture.pixels },
        passes: [
          ...tower.passes(grid),
          wholePass('merged', rowsSpec(mergedWidth, rows), 0, (graph, get) => {
            const patches = graph.slice(get('hidden'), 1, tower.patchRows(grid));
            return mergePatches(graph, graph.cont(patches), grid, facts.mergeSize);
          }),
          rowPass('rows', 'merged', sizes, (graph, merged) => {
            const normed = applyNorm(graph, head.kind, head.norm, head.eps, merged);
            return applyFeedForward(graph, layers, head.activation, normed);
          }),
        ],
        output: 'rows',
      };
    },
  };
}
