/** A vision transformer whose patches get positions by their line and column from tables: the value `hidden`. */
import type { Graph } from '../graph/graph.ts';
import type { RowRange } from '../graph/graph-base.ts';
import type { Pass, Values } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type BlockOptions, blockPasses, blockWeights, hiddenSpec, postNormPasses } from './blocks.ts';
import type { Grid, Source } from './encoder.ts';
import { applyNorm, type NormKind, norm } from './layers.ts';

export interface PlacedTowerOptions {
  readonly norm: NormKind;
  /** Factor of the pixels, and what is added to them. */
  readonly pixelScale?: readonly [factor: number, bias: number];
  /** Adds positions to the rows of some patches. */
  readonly place: (graph: Graph, rows: Tensor, values: Values, range: RowRange) => Tensor;
  readonly blocks?: Pick<BlockOptions, 'rotate' | 'scoreScale' | 'prepareValue'>;
}

const FLOAT_BYTES = 4;

/** Declares the weights and returns what makes the passes for a picture. */
export function placedTower(source: Source, options: PlacedTowerOptions): (grid: Grid) => Pass[] {
  const { weights, facts, flash } = source;
  const kernel = weights.tensor('v.patch_embd.weight');
  const bias = weights.optional('v.patch_embd.bias');
  const preNorm = norm(weights, 'v.pre_ln');
  const postNorm = norm(weights, 'v.post_ln');
  const blocks = Array.from({ length: facts.blocks }, (_, index) => blockWeights(weights, 'v', index));
  const { width, heads, headsKv, eps, activation, patchSize } = facts;

  const patchesPass = ({ columns, lines }: Grid): Pass => ({
    kind: 'patches',
    rows: lines,
    work: columns * kernel.elements,
    rowBytes: FLOAT_BYTES * columns * (6 * width + kernel.elements / width),
    writes: { hidden: hiddenSpec(width, columns * lines) },
    drops: ['pixels'],
    build: (graph, get, range) => {
      const area = { from: range.from * patchSize, to: range.to * patchSize };
      let pixels = graph.slice(get('pixels'), 1, area);
      if (options.pixelScale) pixels = graph.scale(graph.cont(pixels), ...options.pixelScale);
      const planes = graph.conv2d(kernel, pixels, { stride: patchSize });
      const flat = graph.reshape(planes, planes.shape[0] * planes.shape[1], width);
      let rows = graph.cont(graph.transpose(flat));
      if (bias) rows = graph.add(rows, bias);
      const patches = { from: range.from * columns, to: range.to * columns };
      rows = options.place(graph, rows, get, patches);
      return { hidden: preNorm.weight ? applyNorm(graph, options.norm, preNorm, eps, rows) : rows };
    },
  });

  return (grid) => {
    const rows = grid.columns * grid.lines;
    const common = { rows, width, heads, headsKv, eps, norm: options.norm, activation, flash };
    const blockOptions: BlockOptions = { ...common, ...options.blocks };
    return [
      patchesPass(grid),
      ...blocks.flatMap((block) => blockPasses(block, blockOptions)),
      ...postNormPasses(rows, facts, options.norm, postNorm),
    ];
  };
}
