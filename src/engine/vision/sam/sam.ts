/**
 * The first encoder of DeepSeek-OCR: Segment Anything's (https://arxiv.org/abs/2304.02643). Patches lie in a plane per tile;
 * most blocks see squares of them, some the whole plane, and scores depend on the distance along both sides. Convolutions at the
 * end make one row of sixteen patches.
 *
 *     pixels ─▶ `plane` [width, patches of all tiles] ─▶ blocks ─▶ `features` [columns, lines, width', tiles]
 */
import { OllamaError } from '../../../base/errors.ts';
import { elementTypes } from '../../graph/ggml.ts';
import { type Graph, interpolations } from '../../graph/graph.ts';
import type { InputValue, Pass } from '../../graph/program.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Weights } from '../../graph/weights.ts';
import type { Source } from '../encoder.ts';
import {
  applyFeedForward,
  applyLinear,
  applyNorm,
  type Linear,
  linear,
  multiplications,
  type Norm,
  norm,
} from '../layers.ts';
import { rowPass, rowsSpec, wholePass } from '../passes.ts';
import { attendPlane, type PlaneAttention, windowsJoined, windowsOf } from './sam-attention.ts';

/** Blocks that see the whole plane; nothing in the file states them. */
const GLOBAL_BLOCKS: readonly number[] = [2, 5, 8, 11];
const EPS = 1e-6;

interface SamFacts {
  readonly blocks: number;
  readonly heads: number;
  readonly width: number;
  /** Patches per side of a window. */
  readonly window: number;
}

/** Tiles of one size. */
export interface Plane {
  /** Patches per side of a tile. */
  readonly side: number;
  readonly tiles: number;
}

interface SamBlock {
  readonly attentionNorm: Norm;
  readonly joined: Linear;
  readonly output: Linear;
  readonly columnTable: Tensor;
  readonly lineTable: Tensor;
  readonly feedForwardNorm: Norm;
  readonly feedForward: { readonly up: Linear; readonly down: Linear };
}

function samBlock(weights: Weights, index: number): SamBlock {
  const name = (part: string) => `v.sam.blk.${index}.${part}`;
  return {
    attentionNorm: norm(weights, name('pre_ln')),
    joined: linear(weights, name('attn.qkv')),
    output: linear(weights, name('attn.out')),
    columnTable: weights.tensor(name('attn.pos_w.weight')),
    lineTable: weights.tensor(name('attn.pos_h.weight')),
    feedForwardNorm: norm(weights, name('post_ln')),
    feedForward: { up: linear(weights, name('mlp.lin1')), down: linear(weights, name('mlp.lin2')) },
  };
}

export class Sam {
  readonly #source: Source;
  readonly #facts: SamFacts;
  readonly #kernel: Linear;
  readonly #table: Tensor;
  readonly #blocks: readonly SamBlock[];
  readonly #neck;

  constructor(source: Source, facts: SamFacts) {
    const { weights } = source;
    this.#source = source;
    this.#facts = facts;
    this.#kernel = linear(weights, 'v.sam.patch_embd');
    this.#table = weights.tensor('v.sam.pos_embd.weight');
    this.#blocks = Array.from({ length: facts.blocks }, (_, index) => samBlock(weights, index));
    this.#neck = {
      first: weights.tensor('v.sam.neck.0.weight'),
      firstNorm: norm(weights, 'v.sam.neck.1'),
      second: weights.tensor('v.sam.neck.2.weight'),
      secondNorm: norm(weights, 'v.sam.neck.3'),
      halving: [weights.tensor('v.sam.net_2.weight'), weights.tensor('v.sam.net_3.weight')] as const,
    };
    if (facts.window < 1 || facts.heads < 1)
      throw new OllamaError('load-failed', 'the projector states no window or no heads of its first encoder');
  }

  /** Pixels per side of a patch. */
  get patchSize(): number {
    return this.#kernel.weight.shape[0];
  }

  /** Values per row of `features`. */
  get featureWidth(): number {
    return this.#neck.halving[1].shape[3];
  }

  inputs({ side }: Plane): Readonly<Record<string, InputValue>> {
    const { window } = this.#facts;
    return { windowDistances: distances(window), planeDistances: distances(side) };
  }

  /** @param pixels makes the input of the convolution: [size, size, 3, tiles] */
  passes(plane: Plane, pixels: (graph: Graph, input: Tensor) => Tensor): Pass[] {
    return [
      this.#patchesPass(plane, pixels),
      ...this.#blocks.flatMap((block, index) =>
        this.#blockPasses(block, GLOBAL_BLOCKS.includes(index), plane),
      ),
      ...this.#neckPasses(plane),
    ];
  }

  #patchesPass({ side, tiles }: Plane, pixels: (graph: Graph, input: Tensor) => Tensor): Pass {
    const { width } = this.#facts;
    const patches = side * side * tiles;
    return wholePass(
      'plane',
      rowsSpec(width, patches),
      patches * this.#kernel.weight.elements,
      (graph, get) => {
        const convolved = graph.conv2dExact(this.#kernel.weight, pixels(graph, get('pixels')), {
          stride: this.patchSize,
        });
        const bias = this.#kernel.bias;
        const biased = bias ? graph.add(convolved, graph.reshape(bias, 1, 1, width)) : convolved;
        const rows = graph.cont(graph.permute(biased, 1, 2, 0, 3));
        return graph.reshape(graph.add(rows, this.#positions(graph, side)), width, patches);
      },
    );
  }

  #positions(graph: Graph, side: number): Tensor {
    const [, columns] = this.#table.shape;
    if (columns === side) return this.#table;
    const planes = graph.cont(graph.permute(this.#table, 2, 0, 1, 3));
    const resized = graph.interpolate(planes, side, side, interpolations.bicubic);
    return graph.cont(graph.permute(resized, 1, 2, 0, 3));
  }

  #blockPasses(block: SamBlock, isGlobal: boolean, plane: Plane): Pass[] {
    const { width, window, heads } = this.#facts;
    const rows = plane.side * plane.side * plane.tiles;
    const perSide = Math.ceil(plane.side / window);
    const windows = perSide * perSide * plane.tiles;
    const squares = isGlobal ? { side: plane.side, count: plane.tiles } : { side: window, count: windows };
    const squareRows = squares.side * squares.side * squares.count;
    const attention: PlaneAttention = {
      ...squares,
      heads,
      flash: this.#source.flash,
      columnTable: block.columnTable,
      lineTable: block.lineTable,
      distances: isGlobal ? 'planeDistances' : 'windowDistances',
    };
    const normed = (graph: Graph, hidden: Tensor) =>
      applyNorm(graph, 'layer', block.attentionNorm, EPS, hidden);
    const { up, down } = block.feedForward;
    const project = { width: 3 * width, rows: squareRows, work: block.joined.weight.elements, widest: width };
    return [
      ...(isGlobal
        ? [
            rowPass('joined', 'plane', project, (graph, hidden) =>
              applyLinear(graph, block.joined, normed(graph, hidden)),
            ),
          ]
        : [
            wholePass('windows', rowsSpec(width, squareRows), 0, (graph, get) =>
              windowsOf(graph, normed(graph, get('plane')), plane, window),
            ),
            rowPass('joined', 'windows', project, (graph, hidden) =>
              applyLinear(graph, block.joined, hidden),
            ),
          ]),
      attendPlane(attention, width, (graph, attended) => applyLinear(graph, block.output, attended)),
      wholePass('plane', rowsSpec(width, rows), 0, (graph, get) => {
        const attended = isGlobal ? get('attended') : windowsJoined(graph, get('attended'), plane, window);
        return graph.add(attended, get('plane'));
      }),
      rowPass(
        'plane',
        'plane',
        { width, rows, work: multiplications(up, down), widest: 2 * up.weight.shape[1] },
        (graph, hidden) => {
          const inner = applyNorm(graph, 'layer', block.feedForwardNorm, EPS, hidden);
          const result = applyFeedForward(graph, block.feedForward, this.#source.facts.activation, inner);
          return graph.add(result, hidden);
        },
      ),
    ];
  }

  #neckPasses({ side, tiles }: Plane): Pass[] {
    const { first, firstNorm, second, secondNorm, halving } = this.#neck;
    const spec = (size: number, width: number) =>
      ({ shape: [size, size, width, tiles], type: elementTypes.f32, rowAxis: 3 }) as const;
    const places = side * side * tiles;
    const half = Math.ceil(side / 2);
    const quarter = Math.ceil(half / 2);
    const normed = (graph: Graph, planes: Tensor, layer: Norm) => {
      const rows = graph.cont(graph.permute(planes, 1, 2, 0, 3));
      return graph.cont(graph.permute(applyNorm(graph, 'layer', layer, EPS, rows), 2, 0, 1, 3));
    };
    return [
      wholePass('neck', spec(side, first.shape[3]), places * first.elements, (graph, get) => {
        const rows = graph.reshape(get('plane'), this.#facts.width, side, side, tiles);
        const planes = graph.cont(graph.permute(rows, 2, 0, 1, 3));
        return normed(graph, graph.conv2dExact(first, planes, { stride: 1 }), firstNorm);
      }),
      wholePass('neck', spec(side, second.shape[3]), places * second.elements, (graph, get) =>
        normed(graph, graph.conv2dExact(second, get('neck'), { stride: 1, padding: 1 }), secondNorm),
      ),
      wholePass('halved', spec(half, halving[0].shape[3]), (places / 4) * halving[0].elements, (graph, get) =>
        graph.conv2dExact(halving[0], get('neck'), { stride: 2, padding: 1 }),
      ),
      wholePass(
        'features',
        spec(quarter, halving[1].shape[3]),
        (places / 16) * halving[1].elements,
        (graph, get) => graph.conv2dExact(halving[1], get('halved'), { stride: 2, padding: 1 }),
      ),
    ];
  }
}

/** Indices into a table of distances: for each query of a line, the distance of each key, from 0. */
function distances(side: number): InputValue {
  const data = new Int32Array(side * side);
  for (let query = 0; query < side; query++)
    for (let key = 0; key < side; key++) data[query * side + key] = query - key + side - 1;
  return { shape: [side * side], data };
}
