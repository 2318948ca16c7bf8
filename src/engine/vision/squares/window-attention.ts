import type { Graph } from '../../graph/graph.ts';
import type { RowRange } from '../../graph/graph-base.ts';
import type { Values } from '../../graph/program.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { type BlockOptions, headWidthOf, scoreScale } from '../blocks.ts';
import type { WindowGroup } from './square-order.ts';

/** Queries of neighbouring windows of one size, each with all keys of its window. */
interface Part {
  /** Row of the first key of the first window. */
  readonly keys: number;
  /** Keys per window. */
  readonly size: number;
  /** Row of the first query. */
  readonly queries: number;
  /** Queries per window. */
  readonly length: number;
  readonly count: number;
}

/**
 * Attention of each patch to the patches of its window, without computing the scores of all others: what a mask would hide
 * takes no time.
 */
export function windowAttention(groups: readonly WindowGroup[]): NonNullable<BlockOptions['attend']> {
  return (graph, get, range, options) => {
    const results = partsOf(groups, range).map((part) => attendPart(graph, get, part, options));
    return results.reduce((before, next) => graph.concat(before, next, 1));
  };
}

/** The rows of a range, cut at the windows that it covers only in part. */
function partsOf(groups: readonly WindowGroup[], { from, to }: RowRange): Part[] {
  const parts: Part[] = [];
  for (const { first, size, count } of groups) {
    const end = Math.min(to, first + size * count);
    let row = Math.max(from, first);
    while (row < end) {
      const keys = first + Math.floor((row - first) / size) * size;
      const whole = row === keys ? Math.floor((end - row) / size) : 0;
      const length = whole > 0 ? size : Math.min(end, keys + size) - row;
      parts.push({ keys, size, queries: row, length, count: Math.max(whole, 1) });
      row += length * Math.max(whole, 1);
    }
  }
  return parts;
}

function attendPart(graph: Graph, get: Values, part: Part, options: BlockOptions): Tensor {
  const { heads, headsKv, flash } = options;
  const head = headWidthOf(options);
  const { keys, size, queries, length, count } = part;
  const scale = options.scoreScale ?? scoreScale(head);
  const query = perWindow(graph, get('query'), {
    from: queries,
    length,
    stride: length,
    count,
    heads,
    axis: 2,
  });
  const total = heads * head;
  const windows = { from: keys, length: size, stride: size, count, heads: headsKv };
  if (flash) {
    const [key, value] = [get('key'), get('value')].map((stored) =>
      perWindow(graph, stored, { ...windows, axis: 1 }),
    ) as [Tensor, Tensor];
    const joined = graph.flashAttention(query, key, value, { scale });
    return graph.reshape(joined, total, length * count);
  }
  const key = perWindow(graph, get('key'), { ...windows, axis: 2 });
  const scores = graph.softMax(graph.matmul(key, query), { scale });
  const mixed = graph.matmul(valuesPerWindow(graph, get('value'), { ...windows, head }), scores);
  return graph.cont(graph.permute(mixed, 0, 2, 1, 3), total, length * count);
}

interface Windows {
  readonly from: number;
  readonly length: number;
  /** Rows from one window to the next. */
  readonly stride: number;
  readonly count: number;
  readonly heads: number;
}

/** Rows along `axis` of [head, ·, ·] as [head, rows of a window, heads, windows]. */
function perWindow(
  graph: Graph,
  a: Tensor,
  { from, length, stride, count, heads, axis }: Windows & { readonly axis: 1 | 2 },
): Tensor {
  const [, first, second] = a.strides;
  const [row, head] = axis === 1 ? [first, second] : [second, first];
  return graph.view(a, {
    shape: [a.shape[0], length, heads, count],
    strides: [row, head, row * stride],
    offset: from * row,
  });
}

/** The same of values that lie by rows: [rows of a window, head, heads, windows]. */
function valuesPerWindow(
  graph: Graph,
  a: Tensor,
  { from, length, stride, count, heads, head }: Windows & { readonly head: number },
): Tensor {
  const [row, first, second] = a.strides;
  return graph.view(a, {
    shape: [length, head, heads, count],
    strides: [first, second, row * stride],
    offset: from * row,
  });
}
