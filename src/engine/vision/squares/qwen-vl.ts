/**
 * Qwen2-VL (https://arxiv.org/abs/2409.12191), Qwen2.5-VL (https://arxiv.org/abs/2502.13923) and Qwen3-VL
 * (https://arxiv.org/abs/2511.21631):
 *
 *     patches in squares ─▶ tower ─▶ squares joined ─▶ feed-forward ─▶ rows
 *
 * The second attends within windows in most blocks; the third also makes rows for deeper layers of the model from the output
 * of some blocks ("deep stack"), which lie behind each row.
 */
import { interpolationFlags, interpolations } from '../../graph/graph.ts';
import type { Pass } from '../../graph/program.ts';
import { type Grid, gridOf, type Source, type VisionEncoder, type VisionFamily } from '../encoder.ts';
import {
  applyFeedForward,
  applyNorm,
  type FeedForward,
  linear,
  multiplications,
  type Norm,
  norm,
} from '../layers.ts';
import { rowsSpec, wholePass } from '../passes.ts';
import {
  inverse,
  plainOrder,
  SQUARE,
  SQUARE_PATCHES,
  type SquareOrder,
  windowOrder,
} from './square-order.ts';
import { SquareTower, type SquareTowerOptions } from './square-tower.ts';

const ROPE_BASE = 10_000;
/** Pixels per side of a window, where the file does not state it. */
const WINDOW_SIZE = 112;
const FLOAT_BYTES = 4;

export const qwen2vl: VisionFamily = (source) => encoder(source, { norm: 'layer', ropeBase: ROPE_BASE });

export const qwen25vl: VisionFamily = (source) => {
  const { windowPattern } = source.facts;
  return encoder(source, {
    norm: 'rms',
    ropeBase: ROPE_BASE,
    isWindowed: (block) => windowPattern > 0 && (block + 1) % windowPattern !== 0,
  });
};

export const qwen3vl: VisionFamily = (source) =>
  encoder(source, {
    norm: 'layer',
    ropeBase: ROPE_BASE,
    interpolation: interpolations.bilinear | interpolationFlags.alignCorners,
  });

/** What makes rows for a deeper layer of the model from the output of a block. */
interface DeepStack {
  readonly block: number;
  readonly norm: Norm;
  readonly layers: FeedForward;
}

function encoder(source: Source, options: SquareTowerOptions): VisionEncoder {
  const { weights, facts } = source;
  const tower = new SquareTower(source, options);
  const layers = { up: linear(weights, 'mm.0'), down: linear(weights, 'mm.2') };
  const deep = facts.deepstackBlocks.map((block): DeepStack => {
    const name = (part: string) => `v.deepstack.${block}.${part}`;
    const [up, down] = [linear(weights, name('fc1')), linear(weights, name('fc2'))];
    return { block, norm: norm(weights, name('norm')), layers: { up, down } };
  });
  const width = layers.down.weight.shape[1];
  return {
    rowWidth: width * (1 + deep.length),
    program: (picture) => {
      const grid = gridOf(picture, facts.patchSize);
      const order = orderOf(grid, source, options);
      const head = joinPass(source, layers, { name: 'joined', grid });
      const isOrdered = order.groups.length > 0;
      return {
        inputs: {
          pixels: picture.pixels,
          ...tower.inputs(grid, order),
          ...(isOrdered && { restore: inverse(order.squares) }),
        },
        passes: [
          ...tower.passes(grid, order, (block) =>
            deep
              .filter((stack) => stack.block === block)
              .map((stack) =>
                joinPass(source, stack.layers, { name: `deep ${block}`, grid, norm: stack.norm }),
              ),
          ),
          head,
          rowsPass(width, deep, order),
        ],
        output: 'rows',
      };
    },
  };
}

function orderOf(grid: Grid, { facts }: Source, { isWindowed }: SquareTowerOptions): SquareOrder {
  if (!isWindowed || facts.windowPattern === 0) return plainOrder(grid);
  const size = facts.windowSize > 0 ? facts.windowSize : WINDOW_SIZE;
  return windowOrder(grid, Math.max(1, Math.floor(size / facts.patchSize / SQUARE)));
}

/** Joins the patches of each square to one row and applies two matrices. */
function joinPass(
  { facts }: Source,
  layers: FeedForward,
  { name, grid, norm: before }: { readonly name: string; readonly grid: Grid; readonly norm?: Norm },
): Pass {
  const squares = (grid.columns * grid.lines) / SQUARE_PATCHES;
  const joined = facts.width * SQUARE_PATCHES;
  const { up, down } = layers;
  return {
    kind: 'join',
    rows: squares,
    work: multiplications(up, down),
    rowBytes: FLOAT_BYTES * (4 * joined + 2 * up.weight.shape[1]),
    writes: { [name]: rowsSpec(down.weight.shape[1], squares) },
    build: (graph, get, { from, to }) => {
      const patches = graph.slice(get('hidden'), 1, { from: from * SQUARE_PATCHES, to: to * SQUARE_PATCHES });
      let rows = graph.reshape(patches, joined, to - from);
      if (before) rows = applyNorm(graph, 'layer', before, facts.eps, rows);
      return { [name]: applyFeedForward(graph, layers, 'gelu', rows) };
    },
  };
}

/** Puts the rows for deeper layers behind each row, and all of them line by line. */
function rowsPass(width: number, deep: readonly DeepStack[], order: SquareOrder): Pass {
  const spec = rowsSpec(width * (1 + deep.length), order.squares.length);
  return wholePass('rows', spec, 0, (graph, get) => {
    const stacks = deep.map(({ block }) => get(`deep ${block}`));
    const rows = stacks.reduce((before, next) => graph.concat(before, next, 0), get('joined'));
    return order.groups.length > 0 ? graph.getRows(rows, get('restore')) : rows;
  });
}
