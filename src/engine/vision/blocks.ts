/**
 * The blocks of a vision transformer (https://arxiv.org/abs/2010.11929): attention of every patch to every patch, then a
 * feed-forward network, each around a residual. A block is two passes over the patches, because all keys and values must be
 * there before the first attention:
 *
 *     hidden ─▶ norm ─▶ query, key, value                                     pass "project"
 *     hidden + attention(query, key, value) ─▶ + feedForward(norm(·)) ─▶ hidden   pass "attend"
 */
import { OllamaError } from '../../base/errors.ts';
import { elementTypes } from '../graph/ggml.ts';
import type { Activation, Graph } from '../graph/graph.ts';
import type { RowRange } from '../graph/graph-base.ts';
import type { Pass, ValueSpec, Values } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Weights } from '../graph/weights.ts';
import {
  applyFeedForward,
  applyLinear,
  applyNorm,
  type FeedForward,
  type Linear,
  linear,
  multiplications,
  type Norm,
  type NormKind,
  norm,
  optionalLinear,
} from './layers.ts';

/** The weights of one block; what a family does not have is undefined. */
export interface BlockWeights {
  readonly attentionNorm: Norm;
  /** One matrix for queries, keys and values, or three. */
  readonly joined: Linear | undefined;
  readonly query: Linear | undefined;
  readonly key: Linear | undefined;
  readonly value: Linear | undefined;
  /** Norms of queries and keys, of all heads together or of each. */
  readonly queryNorm: Tensor | undefined;
  readonly keyNorm: Tensor | undefined;
  readonly output: Linear;
  readonly attentionScale: Tensor | undefined;
  readonly attentionPostNorm: Tensor | undefined;
  readonly feedForwardNorm: Norm;
  readonly feedForward: FeedForward;
  readonly feedForwardPostNorm: Tensor | undefined;
  readonly feedForwardScale: Tensor | undefined;
  readonly outputScale: Tensor | undefined;
}

/** @param prefix of the names: "v" for pictures, "a" for sound */
export function blockWeights(weights: Weights, prefix: string, index: number): BlockWeights {
  const name = (part: string) => `${prefix}.blk.${index}.${part}`;
  return {
    attentionNorm: norm(weights, name('ln1')),
    joined: optionalLinear(weights, name('attn_qkv')),
    query: optionalLinear(weights, name('attn_q')),
    key: optionalLinear(weights, name('attn_k')),
    value: optionalLinear(weights, name('attn_v')),
    queryNorm: weights.optional(name('attn_q_norm.weight')),
    keyNorm: weights.optional(name('attn_k_norm.weight')),
    output: linear(weights, name('attn_out')),
    attentionScale: weights.optional(name('ls1.weight')),
    attentionPostNorm: weights.optional(name('attn_post_norm.weight')),
    feedForwardNorm: norm(weights, name('ln2')),
    feedForward: feedForwardOf(weights, name),
    feedForwardPostNorm: weights.optional(name('ffn_post_norm.weight')),
    feedForwardScale: weights.optional(name('ls2.weight')),
    outputScale: weights.optional(name('out_scale.weight')),
  };
}

/** Older converters gave the two matrices each other's name; the output of a block tells which is the first. */
function feedForwardOf(weights: Weights, name: (part: string) => string): FeedForward {
  const up = linear(weights, name('ffn_up'));
  const down = linear(weights, name('ffn_down'));
  const gate = optionalLinear(weights, name('ffn_gate'));
  const { weight } = linear(weights, name('attn_out'));
  const isSwapped = up.weight.shape[0] !== weight.shape[1] && down.weight.shape[0] === weight.shape[1];
  return { ...(isSwapped ? { up: down, down: up } : { up, down }), ...(gate && { gate }) };
}

export interface BlockOptions {
  /** Patches, and other rows such as a class token. */
  readonly rows: number;
  readonly width: number;
  readonly heads: number;
  readonly headsKv: number;
  /** Values per head; absent = width / heads. */
  readonly headWidth?: number;
  readonly eps: number;
  readonly norm: NormKind;
  readonly activation: Activation;
  readonly flash: boolean;
  /** Factor of the scores; absent = 1 / sqrt(values per head). */
  readonly scoreScale?: number;
  /** Norms are before attention and feed-forward (the usual), or behind each, before the residual is added (CogVLM). */
  readonly normPlace?: 'before' | 'behind';
  /** Name of the value that is added to the scores, [rows, rows] with -Infinity where a key is hidden. */
  readonly mask?: string;
  /** Attention of some queries in another way than to all keys: [head x heads, queries]. */
  readonly attend?: (graph: Graph, values: Values, rows: RowRange, options: BlockOptions) => Tensor;
  /** Rotates queries and keys [head, heads, rows] by their positions. */
  readonly rotate?: (graph: Graph, heads: Tensor, values: Values, rows: RowRange) => Tensor;
  /** Changes the heads of values before they are used, such as by a norm. */
  readonly prepareValue?: (graph: Graph, heads: Tensor) => Tensor;
}

const FLOAT_BYTES = 4;

/** The two passes of a block; they take the value `hidden` [width, rows] and replace it. */
export function blockPasses(weights: BlockWeights, options: BlockOptions): Pass[] {
  return [projectPass(weights, options), attendPass(weights, options)];
}

/** The value `hidden`: one row per patch. */
export function hiddenSpec(width: number, rows: number): ValueSpec {
  return { shape: [width, rows], type: elementTypes.f32, rowAxis: 1 };
}

/** The norm of all rows behind the last block; nothing where the file has none. */
export function postNormPasses(
  rows: number,
  { width, eps }: { readonly width: number; readonly eps: number },
  kind: NormKind,
  postNorm: Norm,
): Pass[] {
  if (!postNorm.weight) return [];
  return [
    {
      kind: 'norm',
      rows,
      work: 8 * width,
      rowBytes: FLOAT_BYTES * 3 * width,
      writes: { hidden: hiddenSpec(width, rows) },
      build: (graph, get, range) => ({
        hidden: applyNorm(graph, kind, postNorm, eps, graph.slice(get('hidden'), 1, range)),
      }),
    },
  ];
}

export const headWidthOf = ({ headWidth, width, heads }: BlockOptions) =>
  headWidth ?? Math.floor(width / heads);

function projectPass(weights: BlockWeights, options: BlockOptions): Pass {
  const { rows, heads, headsKv, flash } = options;
  const head = headWidthOf(options);
  return {
    kind: 'project',
    rows,
    work: multiplications(weights.joined, weights.query, weights.key, weights.value),
    rowBytes: FLOAT_BYTES * (2 * options.width + 2 * head * (heads + 2 * headsKv)),
    writes: {
      query: { shape: [head, heads, rows], type: elementTypes.f32, rowAxis: 2 },
      ...storedSpecs(head, rows, headsKv, flash),
    },
    build: (graph, get, range) => {
      const hidden = graph.slice(get('hidden'), 1, range);
      const normed =
        options.normPlace === 'behind'
          ? hidden
          : applyNorm(graph, options.norm, weights.attentionNorm, options.eps, hidden);
      const parts = weights.joined
        ? splitHeads(graph, applyLinear(graph, weights.joined, normed), weights, options)
        : separateHeads(graph, normed, weights, options);
      const rotate = (part: Tensor) => options.rotate?.(graph, part, get, range) ?? part;
      const query = rotate(parts.query);
      const key = rotate(parts.key);
      const value = options.prepareValue?.(graph, parts.value) ?? parts.value;
      for (const node of [query, key, value]) graph.order(node);
      return { query, ...storedForm(graph, key, value, flash) };
    },
  };
}

interface Heads {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
}

/** The values `key` and `value` that `storedForm` makes. */
export function storedSpecs(
  head: number,
  rows: number,
  heads: number,
  flash: boolean,
): { key: ValueSpec; value: ValueSpec } {
  if (flash) {
    const spec: ValueSpec = { shape: [head, rows, heads], type: elementTypes.f16, rowAxis: 1 };
    return { key: spec, value: spec };
  }
  return {
    key: { shape: [head, heads, rows], type: elementTypes.f32, rowAxis: 2 },
    value: { shape: [rows, head, heads], type: elementTypes.f32, rowAxis: 0 },
  };
}

/** Keys and values as the attention takes them. */
export function storedForm(
  graph: Graph,
  key: Tensor,
  value: Tensor,
  flash: boolean,
): { key: Tensor; value: Tensor } {
  if (!flash) return { key, value: graph.cont(graph.permute(value, 1, 2, 0, 3)) };
  const half = (heads: Tensor) => graph.cast(graph.permute(heads, 0, 2, 1, 3), elementTypes.f16);
  return { key: half(key), value: half(value) };
}

/** Views of the three parts of [head x heads x 3, rows], each [head, heads, rows]. */
function splitHeads(graph: Graph, joined: Tensor, weights: BlockWeights, options: BlockOptions): Heads {
  const { heads, norm: kind, eps } = options;
  const head = headWidthOf(options);
  const part = (index: number) =>
    graph.view(joined, {
      shape: [head, heads, joined.shape[1]],
      strides: [head * FLOAT_BYTES, joined.strides[1]],
      offset: index * heads * head * FLOAT_BYTES,
    });
  const normed = (heads_: Tensor, weight: Tensor | undefined) =>
    weight ? applyNorm(graph, kind, { weight, bias: undefined }, eps, heads_) : heads_;
  return { query: normed(part(0), weights.queryNorm), key: normed(part(1), weights.keyNorm), value: part(2) };
}

function separateHeads(graph: Graph, rows: Tensor, weights: BlockWeights, options: BlockOptions): Heads {
  const { heads, headsKv, norm: kind, eps } = options;
  const head = headWidthOf(options);
  const make = (matrix: Linear | undefined, count: number, weight: Tensor | undefined) => {
    if (!matrix)
      throw new OllamaError(
        'load-failed',
        'a block of the projector lacks a matrix for queries, keys or values',
      );
    const flat = applyLinear(graph, matrix, rows);
    const apply = (part: Tensor) =>
      weight ? applyNorm(graph, kind, { weight, bias: undefined }, eps, part) : part;
    const perHead = weight?.shape[0] === head;
    const split = graph.reshape(perHead ? flat : apply(flat), head, count, flat.shape[1]);
    return perHead ? apply(split) : split;
  };
  return {
    query: make(weights.query, heads, weights.queryNorm),
    key: make(weights.key, headsKv, weights.keyNorm),
    value: make(weights.value, headsKv, undefined),
  };
}

function attendPass(weights: BlockWeights, options: BlockOptions): Pass {
  const { rows, width, heads, eps, activation, norm: kind } = options;
  const { up, down, gate } = weights.feedForward;
  const scores = options.flash ? 0 : heads * rows;
  const wide = up.weight.shape[1] * (gate ? 3 : 2);
  return {
    kind: options.attend ? 'attend in windows' : 'attend',
    rows,
    work: 2 * rows * heads * headWidthOf(options) + multiplications(weights.output, up, down, gate),
    rowBytes: FLOAT_BYTES * (scores + Math.max(wide, 4 * width) + 2 * width),
    writes: { hidden: hiddenSpec(width, rows) },
    drops: ['query', 'key', 'value'],
    build: (graph, get, range) => {
      const before = graph.slice(get('hidden'), 1, range);
      const attend = options.attend ?? attention;
      const normIf = (place: 'before' | 'behind', layer: Norm, rows_: Tensor) =>
        place === (options.normPlace ?? 'before') ? applyNorm(graph, kind, layer, eps, rows_) : rows_;
      let attended = applyLinear(graph, weights.output, attend(graph, get, range, options));
      attended = normIf('behind', weights.attentionNorm, attended);
      if (weights.attentionScale) attended = graph.mul(attended, weights.attentionScale);
      attended = postNorm(graph, weights.attentionPostNorm, options, attended);
      const middle = graph.add(attended, before);
      let result = normIf('before', weights.feedForwardNorm, middle);
      result = applyFeedForward(graph, weights.feedForward, activation, result);
      result = normIf('behind', weights.feedForwardNorm, result);
      result = postNorm(graph, weights.feedForwardPostNorm, options, result);
      if (weights.feedForwardScale) result = graph.mul(result, weights.feedForwardScale);
      result = graph.add(middle, result);
      return { hidden: weights.outputScale ? graph.mul(result, weights.outputScale) : result };
    },
  };
}

/** Attention of some queries to all keys: [head x heads, queries]. */
export function attention(graph: Graph, get: Values, range: RowRange, options: BlockOptions): Tensor {
  const query = graph.permute(graph.slice(get('query'), 2, range), 0, 2, 1, 3);
  const scale = options.scoreScale ?? scoreScale(headWidthOf(options));
  const mask = options.mask === undefined ? undefined : graph.slice(get(options.mask), 1, range);
  const how = { scale, ...(mask && { mask }) };
  if (options.flash) {
    const joined = graph.flashAttention(query, get('key'), get('value'), how);
    return graph.reshape(joined, joined.shape[0] * joined.shape[1], joined.shape[2]);
  }
  const scores = graph.matmul(graph.permute(get('key'), 0, 2, 1, 3), query);
  const mixed = graph.matmul(get('value'), graph.softMax(scores, how));
  const [head, queries, heads] = mixed.shape;
  return graph.cont(graph.permute(mixed, 0, 2, 1, 3), head * heads, queries);
}

/** 1 / sqrt(n), rounded at each step as C does with floats. */
export function scoreScale(headWidth: number): number {
  return Math.fround(1 / Math.fround(Math.sqrt(headWidth)));
}

function postNorm(
  graph: Graph,
  weight: Tensor | undefined,
  { norm: kind, eps }: BlockOptions,
  rows: Tensor,
): Tensor {
  return weight ? applyNorm(graph, kind, { weight, bias: undefined }, eps, rows) : rows;
}
