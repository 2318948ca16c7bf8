/**
 * The vision transformer of Qwen2-VL and its kin: two convolutions over the same picture, because the models also see pairs
 * of frames, patches in squares of two by two, and a rotation by line and column. Makes the value `hidden`.
 */
import type { Graph } from '../../graph/graph.ts';
import type { InputValue, Pass } from '../../graph/program.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { type BlockOptions, blockPasses, blockWeights, hiddenSpec, postNormPasses } from '../blocks.ts';
import type { Grid, Source } from '../encoder.ts';
import { applyNorm, type NormKind, norm } from '../layers.ts';
import { wholePass } from '../passes.ts';
import { rotateInSections } from '../rope.ts';
import { SQUARE, SQUARE_PATCHES, type SquareOrder, sectionPositions, squareCount } from './square-order.ts';
import { windowAttention } from './window-attention.ts';

export interface SquareTowerOptions {
  readonly norm: NormKind;
  /** How the table of positions, if there is one, is interpolated to the grid: a mode of `Graph.interpolate`. */
  readonly interpolation?: number;
  /** Whether a norm follows the patches before the positions are added. */
  readonly hasPatchNorm?: boolean;
  readonly ropeBase: number;
  /** Whether a block sees only the patches of its window. */
  readonly isWindowed?: (block: number) => boolean;
}

const FLOAT_BYTES = 4;

export class SquareTower {
  readonly #source: Source;
  readonly #options: SquareTowerOptions;
  readonly #kernels: readonly [Tensor, Tensor];
  readonly #patchBias: Tensor | undefined;
  readonly #patchNorm;
  readonly #table: Tensor | undefined;
  readonly #preNorm;
  readonly #postNorm;
  readonly #blocks;

  constructor(source: Source, options: SquareTowerOptions) {
    const { weights, facts } = source;
    this.#source = source;
    this.#options = options;
    this.#kernels = [weights.tensor('v.patch_embd.weight'), weights.tensor('v.patch_embd.weight.1')];
    this.#patchBias = weights.optional('v.patch_embd.bias');
    this.#patchNorm = options.hasPatchNorm ? norm(weights, 'v.norm_embd') : undefined;
    this.#table =
      options.interpolation === undefined ? undefined : weights.optional('v.position_embd.weight');
    this.#preNorm = norm(weights, 'v.pre_ln');
    this.#postNorm = norm(weights, 'v.post_ln');
    this.#blocks = Array.from({ length: facts.blocks }, (_, index) => blockWeights(weights, 'v', index));
  }

  /** What the passes need beside the pixels. */
  inputs(grid: Grid, order: SquareOrder): Record<string, InputValue> {
    const places = { places: sectionPositions(grid, order) };
    if (order.groups.length === 0) return places;
    return { ...places, order: { shape: [order.squares.length], data: order.squares } };
  }

  /** @param after passes that take something from the output of a block */
  passes(grid: Grid, order: SquareOrder, after: (block: number) => Pass[] = () => []): Pass[] {
    const patches = squareCount(grid) * SQUARE_PATCHES;
    return [
      ...(this.#table ? [this.#positionsPass(grid, this.#table)] : []),
      this.#patchesPass(grid),
      ...(order.groups.length > 0 ? [this.#orderPass(patches)] : []),
      ...this.#blocks.flatMap((weights, block) => [
        ...blockPasses(weights, this.#blockOptions(patches, block, order)),
        ...after(block),
      ]),
      ...postNormPasses(patches, this.#source.facts, this.#options.norm, this.#postNorm),
    ];
  }

  #blockOptions(rows: number, block: number, { groups }: SquareOrder): BlockOptions {
    const { facts, flash } = this.#source;
    const isWindowed = groups.length > 0 && this.#options.isWindowed?.(block) === true;
    return {
      rows,
      width: facts.width,
      heads: facts.heads,
      headsKv: facts.headsKv,
      eps: facts.eps,
      norm: this.#options.norm,
      activation: facts.activation,
      flash,
      rotate: (graph, heads, get, range) =>
        rotateInSections(graph, heads, get('places'), range, this.#options.ropeBase),
      ...(isWindowed && { attend: windowAttention(groups) }),
    };
  }

  /** The table of positions is for a square picture; it is interpolated to the grid and put in squares. */
  #positionsPass(grid: Grid, table: Tensor): Pass {
    const { width } = this.#source.facts;
    const { columns, lines } = grid;
    return wholePass('positions', hiddenSpec(width, columns * lines), 0, (graph) => {
      const side = Math.floor(Math.sqrt(table.shape[1]));
      const isSame = columns === side && lines === side;
      const square = graph.permute(graph.reshape(table, width, side, side), 2, 0, 1, 3);
      const resized = isSame
        ? table
        : graph.permute(
            graph.interpolate(square, columns, lines, this.#options.interpolation ?? 0),
            1,
            2,
            0,
            3,
          );
      return inSquares(graph, resized, width, columns, lines);
    });
  }

  /** One row of the pass is a line of squares. */
  #patchesPass({ columns, lines }: Grid): Pass {
    const { width, patchSize, eps } = this.#source.facts;
    const perRow = columns * SQUARE;
    const elements = this.#kernels[0].elements;
    return {
      kind: 'patches',
      rows: lines / SQUARE,
      work: 2 * perRow * elements,
      rowBytes: FLOAT_BYTES * perRow * (6 * width + (2 * elements) / width),
      writes: { hidden: hiddenSpec(width, columns * lines) },
      drops: ['positions', 'pixels'],
      build: (graph, get, range) => {
        const high = SQUARE * patchSize;
        const pixels = graph.slice(get('pixels'), 1, { from: range.from * high, to: range.to * high });
        const [first, second] = this.#kernels.map((kernel) =>
          graph.conv2d(kernel, pixels, { stride: patchSize }),
        ) as [Tensor, Tensor];
        const planes = graph.permute(graph.add(first, second), 1, 2, 0, 3);
        let rows = inSquares(graph, planes, width, columns, (range.to - range.from) * SQUARE);
        if (this.#patchBias) rows = graph.add(rows, this.#patchBias);
        if (this.#patchNorm?.weight) rows = applyNorm(graph, this.#options.norm, this.#patchNorm, eps, rows);
        if (this.#table) {
          const places = { from: range.from * perRow, to: range.to * perRow };
          rows = graph.add(rows, graph.slice(get('positions'), 1, places));
        }
        return {
          hidden: this.#preNorm.weight
            ? applyNorm(graph, this.#options.norm, this.#preNorm, eps, rows)
            : rows,
        };
      },
    };
  }

  /** Puts the squares of a window next to each other. */
  #orderPass(patches: number): Pass {
    const { width } = this.#source.facts;
    return wholePass('hidden', hiddenSpec(width, patches), 0, (graph, get) => {
      const squares = graph.reshape(get('hidden'), width * SQUARE_PATCHES, patches / SQUARE_PATCHES);
      return graph.reshape(graph.getRows(squares, get('order')), width, patches);
    });
  }
}

/** [width, columns, lines] to [width, patches] with the four patches of a square behind each other. */
function inSquares(graph: Graph, planes: Tensor, width: number, columns: number, lines: number): Tensor {
  const pairs = graph.cont(planes, width * SQUARE, columns / SQUARE, lines);
  const squares = graph.reshape(pairs, width * SQUARE, columns / SQUARE, SQUARE, lines / SQUARE);
  return graph.cont(graph.permute(squares, 0, 2, 1, 3), width, columns * lines);
}
