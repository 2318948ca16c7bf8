/**
 * Readers of documents whose patches turn by line and column:
 *
 *     paddleocr   patches + interpolated positions ─▶ blocks ─▶ norm ─▶ squares of patches joined ─▶ feed-forward
 *     dots_ocr    patches ─▶ blocks ─▶ RMS norm ─▶ norm ─▶ squares of patches joined ─▶ feed-forward
 */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type Grid, gridOf, type Source, type VisionEncoder, type VisionFamily } from './encoder.ts';
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
import { planeSections, rotateInSections } from './rope.ts';
import { Tower, type TowerOptions } from './tower.ts';

const ROPE_BASE = 10_000;
/** dots.ocr states another epsilon than PyTorch's own. */
const DOTS_EPS = 1e-6;

export const paddleocr: VisionFamily = (source) => {
  const { weights, facts } = source;
  const before = norm(weights, 'mm.input_norm');
  return reader(source, {
    tower: { norm: 'layer', positions: 'interpolated' },
    normed: (graph, patches) => applyNorm(graph, 'layer', before, DEFAULT_EPS, patches),
    layers: { up: linear(weights, 'mm.1'), down: linear(weights, 'mm.2') },
    activation: facts.activation,
  });
};

export const dotsOcr: VisionFamily = (source) => {
  const { weights, facts } = source;
  const trunk = norm(weights, 'mm.post_norm');
  const before = norm(weights, 'mm.input_norm');
  return reader(source, {
    tower: { norm: 'rms', positions: 'none' },
    normed: (graph, patches) =>
      applyNorm(graph, 'layer', before, DOTS_EPS, applyNorm(graph, 'rms', trunk, facts.eps, patches)),
    layers: { up: linear(weights, 'mm.0'), down: linear(weights, 'mm.2') },
    activation: 'gelu-erf',
  });
};

interface ReaderOptions {
  readonly tower: Pick<TowerOptions, 'norm' | 'positions'>;
  /** The patches before they are joined. */
  readonly normed: (graph: Graph, patches: Tensor) => Tensor;
  readonly layers: FeedForward;
  readonly activation: 'gelu' | 'gelu-erf' | 'silu' | 'quick-gelu';
}

function reader(
  source: Source,
  { tower: options, normed, layers, activation }: ReaderOptions,
): VisionEncoder {
  const { facts } = source;
  const tower = new Tower(source, {
    ...options,
    rotate: (graph, heads, get, range) => rotateInSections(graph, heads, get('places'), range, ROPE_BASE),
  });
  const { up, down } = layers;
  const rowWidth = down.weight.shape[1];
  const widest = Math.max(up.weight.shape[0], up.weight.shape[1]);
  const joinPass = (grid: Grid) => {
    const spec = rowsSpec(facts.width * facts.mergeSize ** 2, mergedRows(grid, facts.mergeSize));
    return wholePass('merged', spec, 0, (graph, get) =>
      mergePatches(graph, normed(graph, get('hidden')), grid, facts.mergeSize),
    );
  };
  return {
    rowWidth,
    program: (picture) => {
      const grid = gridOf(picture, facts.patchSize);
      const rows = mergedRows(grid, facts.mergeSize);
      return {
        inputs: { pixels: picture.pixels, places: planeSections(grid) },
        passes: [
          ...tower.passes(grid),
          joinPass(grid),
          rowPass(
            'rows',
            'merged',
            { width: rowWidth, rows, work: multiplications(up, down), widest },
            (graph, merged) => applyFeedForward(graph, layers, activation, merged),
          ),
        ],
        output: 'rows',
      };
    },
  };
}
