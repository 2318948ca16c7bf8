/**
 * A vision transformer up to its last block: patches of the picture become rows, positions are added, and the blocks follow.
 * The families differ in positions, norms and what comes behind it.
 */
import { OllamaError } from '../../base/errors.ts';
import { type Graph, interpolationFlags, interpolations } from '../graph/graph.ts';
import type { RowRange } from '../graph/graph-base.ts';
import type { Pass, Values } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type BlockOptions, blockPasses, blockWeights, hiddenSpec, postNormPasses } from './blocks.ts';
import type { Grid, Source } from './encoder.ts';
import { applyNorm, type NormKind, norm } from './layers.ts';

/** Name of the value that keeps the input of a block. */
export const featureOf = (block: number): string => `feature ${block}`;

export interface TowerOptions {
  readonly norm: NormKind;
  /**
   * Positions added to the rows: a table with a row for each, the same table interpolated to the grid of the picture, or
   * none because the family rotates.
   */
  readonly positions: 'table' | 'interpolated' | 'none';
  /** Where a class token goes, if the family has one. */
  readonly classToken?: 'before' | 'behind';
  /** Whether the class token has a row in the table of positions. */
  readonly classHasPosition?: boolean;
  /** Rotates queries and keys. */
  readonly rotate?: BlockOptions['rotate'];
  /** Number of blocks to compute, if not all. */
  readonly blocks?: number;
  /** Blocks whose input is kept as the value `featureOf(index)`. */
  readonly features?: readonly number[];
  /** Where the norms of a block are: absent = before attention and feed-forward. */
  readonly normPlace?: BlockOptions['normPlace'];
  /** Turns pixels into patches [width, patches], if it is not a convolution. */
  readonly patches?: (graph: Graph, pixels: Tensor, kernel: Tensor) => Tensor;
}

const FLOAT_BYTES = 4;

/** Declares the weights of a tower; `passes` then gives its passes for a picture. */
export class Tower {
  readonly #source: Source;
  readonly #options: TowerOptions;
  readonly #kernel: Tensor;
  readonly #patchBias: Tensor | undefined;
  readonly #positions: Tensor | undefined;
  readonly #classToken: Tensor | undefined;
  readonly #preNorm;
  readonly #postNorm;
  readonly #blocks;

  constructor(source: Source, options: TowerOptions) {
    const { weights, facts } = source;
    this.#source = source;
    this.#options = options;
    this.#kernel = weights.tensor('v.patch_embd.weight');
    this.#patchBias = weights.optional('v.patch_embd.bias');
    this.#positions = options.positions === 'none' ? undefined : weights.tensor('v.position_embd.weight');
    this.#classToken = options.classToken ? weights.tensor('v.class_embd') : undefined;
    this.#preNorm = norm(weights, 'v.pre_ln');
    this.#postNorm = norm(weights, 'v.post_ln');
    const count = options.blocks ?? facts.blocks;
    this.#blocks = Array.from({ length: count }, (_, index) => blockWeights(weights, 'v', index));
  }

  /** Number of rows of the class token. */
  get classRows(): number {
    return this.#classToken?.shape[1] ?? 0;
  }

  /** Which rows are patches. */
  patchRows({ columns, lines }: Grid): RowRange {
    const from = this.#options.classToken === 'before' ? this.classRows : 0;
    return { from, to: from + columns * lines };
  }

  /** The passes from the input `pixels` to the value `hidden` [width, rows], one row per patch and class token. */
  passes(grid: Grid): Pass[] {
    const { facts, flash } = this.#source;
    const rows = grid.columns * grid.lines + this.classRows;
    const options: BlockOptions = {
      rows,
      width: facts.width,
      heads: facts.heads,
      headsKv: facts.headsKv,
      eps: facts.eps,
      norm: this.#options.norm,
      activation: facts.activation,
      flash,
      ...(this.#options.rotate && { rotate: this.#options.rotate }),
      ...(this.#options.normPlace && { normPlace: this.#options.normPlace }),
    };
    const kept = (block: number) =>
      this.#options.features?.includes(block) ? [this.#keepPass(block, rows)] : [];
    return [
      ...(this.#options.positions === 'interpolated' ? [this.#positionsPass(grid)] : []),
      this.#patchesPass(grid),
      ...this.#blocks.flatMap((weights, block) => [...kept(block), ...blockPasses(weights, options)]),
      ...postNormPasses(rows, this.#source.facts, this.#options.norm, this.#postNorm),
    ];
  }

  /** Interpolates the table of positions, which is for a square, to the grid. */
  #positionsPass({ columns, lines }: Grid): Pass {
    const { width } = this.#source.facts;
    const patches = columns * lines;
    return {
      kind: 'positions',
      rows: 1,
      work: patches * width,
      rowBytes: FLOAT_BYTES * 4 * patches * width,
      writes: { positions: hiddenSpec(width, patches) },
      build: (graph) => {
        const table = this.#table();
        const side = Math.floor(Math.sqrt(table.shape[1]));
        if (columns === side && lines === side) return { positions: table };
        const square = graph.permute(graph.reshape(table, width, side, side), 2, 0, 1, 3);
        const mode = interpolations.bilinear | interpolationFlags.antialias;
        const resized = graph.interpolate(square, columns, lines, mode);
        return { positions: graph.cont(graph.permute(resized, 1, 2, 0, 3), width, patches) };
      },
    };
  }

  /** Cut by lines of patches, unless a class token must be among the rows. */
  #patchesPass(grid: Grid): Pass {
    const { width } = this.#source.facts;
    const patches = grid.columns * grid.lines;
    const lines = this.#classToken ? 1 : grid.lines;
    const perLine = patches / lines;
    return {
      kind: 'patches',
      rows: lines,
      work: perLine * this.#kernel.elements,
      rowBytes: FLOAT_BYTES * perLine * (4 * width + this.#kernel.elements / width),
      writes: { hidden: hiddenSpec(width, patches + this.classRows) },
      drops: ['positions', 'pixels'],
      build: (graph, get, range) => ({ hidden: this.#embed(graph, get, range, perLine) }),
    };
  }

  #embed(graph: Graph, get: Values, range: RowRange, perLine: number): Tensor {
    const { facts } = this.#source;
    let rows = this.#patches(graph, get('pixels'), range);
    if (this.#patchBias) rows = graph.add(rows, this.#patchBias);
    const withPosition = (part: Tensor, first: number): Tensor => {
      if (!this.#positions) return part;
      const table = this.#options.positions === 'interpolated' ? get('positions') : this.#table();
      if (table.shape[1] < first + part.shape[1])
        throw new OllamaError(
          'load-failed',
          `the projector has ${table.shape[1]} positions, too few for a picture`,
        );
      return graph.add(part, graph.slice(table, 1, { from: first, to: first + part.shape[1] }));
    };
    const { classToken, classHasPosition = true } = this.#options;
    if (!classHasPosition) rows = withPosition(rows, range.from * perLine);
    if (this.#classToken)
      rows =
        classToken === 'before'
          ? graph.concat(this.#classToken, rows, 1)
          : graph.concat(rows, this.#classToken, 1);
    if (classHasPosition) rows = withPosition(rows, range.from * perLine);
    if (!this.#preNorm.weight) return rows;
    return applyNorm(graph, this.#options.norm, this.#preNorm, facts.eps, rows);
  }

  /** Rows of the patches [width, patches] of some lines. */
  #patches(graph: Graph, pixels: Tensor, range: RowRange): Tensor {
    const { patchSize, width } = this.#source.facts;
    const isPart = this.#classToken === undefined;
    const lines = { from: range.from * patchSize, to: range.to * patchSize };
    const part = isPart ? graph.slice(pixels, 1, lines) : pixels;
    if (this.#options.patches) return this.#options.patches(graph, part, this.#kernel);
    const planes = graph.conv2d(this.#kernel, part, { stride: patchSize });
    const flat = graph.reshape(planes, planes.shape[0] * planes.shape[1], width);
    return graph.cont(graph.transpose(flat));
  }

  #keepPass(block: number, rows: number): Pass {
    const { width } = this.#source.facts;
    const name = featureOf(block);
    return {
      kind: 'keep',
      rows,
      work: width,
      rowBytes: FLOAT_BYTES * width,
      writes: { [name]: hiddenSpec(width, rows) },
      build: (graph, get, range) => ({ [name]: graph.slice(get('hidden'), 1, range) }),
    };
  }

  #table(): Tensor {
    if (this.#positions) return this.#positions;
    throw new OllamaError('internal', 'this family has no table of positions');
  }
}
