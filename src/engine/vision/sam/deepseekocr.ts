/**
 * DeepSeek-OCR (https://arxiv.org/abs/2510.18234): Segment Anything's encoder makes one row of sixteen patches, CLIP's encoder
 * goes over these rows, and both results side by side become the rows of the model. A piece is the whole picture, or the tiles
 * of one row of tiles below each other; each tile is encoded apart, and their lines are joined afterwards.
 *
 *     pixels ─▶ SAM ─▶ `features` ─▶ CLIP, tile by tile ─▶ both side by side ─▶ matrix ─▶ a row at the end of each line
 */
import { OllamaError } from '../../../base/errors.ts';
import { type Graph, interpolations } from '../../graph/graph.ts';
import type { Pass, Values } from '../../graph/program.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { type BlockWeights, blockPasses, blockWeights, hiddenSpec } from '../blocks.ts';
import type { Picture, Source, VisionFamily } from '../encoder.ts';
import { applyLinear, applyNorm, linear, type Norm, norm } from '../layers.ts';
import { rowsSpec, wholePass } from '../passes.ts';
import { type Plane, Sam } from './sam.ts';

const clipOf = (tile: number) => `clip ${tile}`;

/** CLIP's encoder over the rows of one tile. */
class Clip {
  readonly #source: Source;
  readonly #table: Tensor;
  readonly #classToken: Tensor;
  readonly #preNorm: Norm;
  readonly #postNorm: Norm;
  readonly #blocks: readonly BlockWeights[];

  constructor(source: Source) {
    const { weights, facts } = source;
    this.#source = source;
    this.#table = weights.tensor('v.position_embd.weight');
    this.#classToken = weights.tensor('v.class_embd');
    this.#preNorm = norm(weights, 'v.pre_ln');
    this.#postNorm = norm(weights, 'v.post_ln');
    this.#blocks = Array.from({ length: facts.blocks }, (_, index) => blockWeights(weights, 'v', index));
  }

  /** From the value `features` [side, side, width, tiles] to the value `clipOf(tile)` [width, side x side]. */
  passes(tile: number, side: number): Pass[] {
    const { facts, flash } = this.#source;
    const { width, heads, headsKv, eps } = facts;
    const rows = side * side + 1;
    const normIf = (graph: Graph, layer: Norm, hidden: Tensor) =>
      layer.weight ? applyNorm(graph, 'layer', layer, eps, hidden) : hidden;
    return [
      wholePass('hidden', hiddenSpec(width, rows), 0, (graph, get) => {
        const features = graph.cont(graph.slice(get('features'), 3, { from: tile, to: tile + 1 }));
        const flat = graph.reshape(features, side * side, width);
        const withClass = graph.concat(this.#classToken, graph.cont(graph.transpose(flat)), 1);
        return normIf(graph, this.#preNorm, graph.add(withClass, positions(graph, this.#table, side)));
      }),
      ...this.#blocks.flatMap((block) =>
        blockPasses(block, {
          rows,
          width,
          heads,
          headsKv,
          eps,
          norm: 'layer',
          activation: 'quick-gelu',
          flash,
        }),
      ),
      wholePass(clipOf(tile), rowsSpec(width, side * side), 0, (graph, get) =>
        graph.slice(normIf(graph, this.#postNorm, get('hidden')), 1, { from: 1, to: rows }),
      ),
    ];
  }
}

export const deepseekocr: VisionFamily = (source) => {
  const { weights, facts } = source;
  if (!facts.sam)
    throw new OllamaError('load-failed', 'the projector states no numbers of its first encoder');
  const sam = new Sam(source, { ...facts.sam, window: facts.windowSize });
  const clip = new Clip(source);
  const matrix = linear(weights, 'mm.model.fc');
  const rowWidth = matrix.weight.shape[1];
  const lineEnd = weights.tensor('v.image_newline');
  const pictureEnd = weights.tensor('v.view_seperator');

  return {
    rowWidth,
    program: (picture) => {
      const isOverview = picture.place.isOverview === 1;
      const tiles = tilesOf(picture, isOverview);
      const plane: Plane = { side: Math.floor(picture.width / sam.patchSize), tiles };
      const side = Math.ceil(Math.ceil(plane.side / 2) / 2);
      const patches = side * side * tiles;
      const rows = (side * tiles + 1) * side + (isOverview ? 1 : 0);
      return {
        inputs: { pixels: picture.pixels, ...sam.inputs(plane) },
        passes: [
          ...sam.passes(plane, (graph, pixels) => splitTiles(graph, pixels, picture.width, tiles)),
          ...Array.from({ length: tiles }, (_, tile) => clip.passes(tile, side)).flat(),
          wholePass('rows', rowsSpec(rowWidth, rows), patches * matrix.weight.elements, (graph, get) => {
            const planes = graph.cont(graph.permute(get('features'), 1, 2, 0, 3));
            const features = graph.reshape(planes, sam.featureWidth, patches);
            const joined = graph.concat(clipRows(graph, get, tiles), features, 0);
            const lines = fused(graph, applyLinear(graph, matrix, joined), side, tiles, lineEnd);
            return isOverview ? graph.concat(lines, pictureEnd, 1) : lines;
          }),
        ],
        output: 'rows',
      };
    },
  };
};

/** @throws OllamaError `runner-failed` for a piece that is not made of whole tiles */
function tilesOf({ width, height }: Picture, isOverview: boolean): number {
  const tiles = height / width;
  if (Number.isInteger(tiles) && tiles >= 1 && (tiles === 1 || !isOverview)) return tiles;
  throw new OllamaError('runner-failed', `a picture of ${width} x ${height} is not made of tiles`);
}

/** [size, size x tiles, 3] to [size, size, 3, tiles] */
function splitTiles(graph: Graph, pixels: Tensor, size: number, tiles: number): Tensor {
  const split = graph.permute(graph.reshape(pixels, size * size, tiles, 3), 0, 2, 1, 3);
  return graph.reshape(graph.cont(split), size, size, 3, tiles);
}

/**
 * The positions of the class token and of side x side rows. For another side than the table's, they are what llama.cpp makes
 * of the table, which is not an interpolation of positions; equal rows count more here than the paper.
 */
function positions(graph: Graph, table: Tensor, side: number): Tensor {
  const [width, rows] = table.shape;
  const stored = Math.floor(Math.sqrt(rows - 1));
  if (side === stored) return graph.slice(table, 1, { from: 0, to: side * side + 1 });
  const others = graph.slice(table, 1, { from: 0, to: stored * stored });
  const resized = graph.interpolate(others, side, side, interpolations.bicubic, width);
  const last = graph.view(table, { shape: [width], offset: stored * stored });
  return graph.concat(graph.reshape(resized, width, side * side), last, 1);
}

function clipRows(graph: Graph, get: Values, tiles: number): Tensor {
  const parts = Array.from({ length: tiles }, (_, tile) => get(clipOf(tile)));
  return parts.reduce((before, next) => graph.concat(before, next, 1));
}

/** The lines of tiles side by side, each with a row at its end: [width, (side x tiles + 1) x side]. */
function fused(graph: Graph, rows: Tensor, side: number, tiles: number, lineEnd: Tensor): Tensor {
  const [width] = rows.shape;
  const lines = graph.permute(graph.reshape(rows, width * side, side, tiles), 0, 2, 1, 3);
  const joined = graph.cont(lines, width, side * tiles, side);
  const ended = graph.concat(joined, graph.repeat(lineEnd, width, 1, side), 1);
  return graph.reshape(ended, width, (side * tiles + 1) * side);
}
