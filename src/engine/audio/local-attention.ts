/**
 * Attention to the last twelve rows, with relative positions (https://arxiv.org/abs/1901.02860). Queries are cut into blocks of
 * twelve rows, each of which sees the keys of its own and of the twelve rows before it.
 */
import type { Graph } from '../graph/graph.ts';
import type { InputValue, Values } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { ConformerWeights } from './conformer-block.ts';

const BLOCK = 12;
const PAST = 12;
/** Keys that a block of queries sees. */
const SEEN = BLOCK + PAST;
/** Distances from `PAST` to 0. */
const DISTANCES = PAST + 1;
/** Scores are bent so that they stay below. */
const SCORE_LIMIT = 50;
/** Added to the score of a hidden key. */
const HIDDEN = -1e9;
const LONGEST_WAVE = 10_000;
const { fround } = Math;
const LOG_OF_2 = fround(Math.log(2));
/** softplus(1) / ln(2): what the original divides queries by and multiplies keys with. */
const KEY_SCALE = fround(fround(Math.log(fround(1 + fround(Math.E)))) / LOG_OF_2);

const blocksOf = (rows: number) => Math.ceil(rows / BLOCK);

/** Which keys each query sees: [keys, queries, blocks]. */
export function attentionMask(rows: number): InputValue {
  const blocks = blocksOf(rows);
  const data = new Float32Array(SEEN * BLOCK * blocks).fill(HIDDEN);
  for (let query = 0; query < rows; query++) {
    const block = Math.floor(query / BLOCK);
    const first = block * BLOCK - PAST;
    for (let key = Math.max(0, query - PAST + 1); key <= query; key++) {
      data[key - first + query * SEEN] = 0;
    }
  }
  return { shape: [SEEN, BLOCK, blocks], data };
}

/** Sines and cosines of each distance: [width, distances]. */
export function relativePositions(width: number): InputValue {
  const waves = Math.floor(width / 2);
  const step = fround(fround(Math.log(LONGEST_WAVE)) / Math.max(waves - 1, 1));
  const data = new Float32Array(width * DISTANCES);
  for (let index = 0; index < DISTANCES; index++) {
    for (let wave = 0; wave < waves; wave++) {
      const angle = fround((PAST - index) * fround(Math.exp(fround(-wave * step))));
      data[index * width + wave] = Math.sin(angle);
      data[index * width + wave + waves] = Math.cos(angle);
    }
  }
  return { shape: [width, DISTANCES], data };
}

/** @returns the values that each query found: [width, rows] */
export function localAttention(graph: Graph, get: Values, weights: ConformerWeights, heads: number): Tensor {
  const [width, rows] = get('query').shape;
  const head = width / heads;
  const blocks = blocksOf(rows);
  const split = (name: string) => graph.reshape(get(name), head, heads, rows);
  const queryScale = fround(fround(1 / fround(Math.sqrt(head))) / LOG_OF_2);
  let query = scaled(graph, split('query'), queryScale, weights.queryScale);
  const key = scaled(graph, split('key'), KEY_SCALE, weights.keyScale);
  query = graph.reshape(graph.pad(query, 0, 0, blocks * BLOCK - rows), head, heads, BLOCK, blocks);
  query = graph.cont(graph.permute(query, 0, 3, 1, 2));
  const keys = graph.cont(graph.permute(windows(graph, key, blocks), 0, 3, 1, 2));
  const values = graph.cont(graph.permute(windows(graph, split('value'), blocks), 1, 3, 0, 2));
  let scores = graph.matmul(keys, query);
  if (weights.relativeKey) {
    scores = graph.add(
      scores,
      relativeScores(graph, query, graph.matmul(weights.relativeKey, get('relative'))),
    );
  }
  scores = graph.scale(graph.unary('tanh', graph.scale(scores, fround(1 / SCORE_LIMIT))), SCORE_LIMIT);
  const shares = graph.softMax(graph.add(scores, get('mask')), { scale: 1 });
  const found = graph.permute(graph.matmul(values, shares), 0, 2, 3, 1);
  return graph.cont(graph.slice(graph.cont(found, width, BLOCK * blocks), 1, { from: 0, to: rows }));
}

function scaled(graph: Graph, rows: Tensor, factor: number, factors: Tensor | undefined): Tensor {
  const result = graph.scale(rows, factor);
  return factors ? graph.mul(result, graph.reshape(factors, factors.elements)) : result;
}

/** The rows that each block sees, [head, heads, seen, blocks]: windows that overlap by half. */
function windows(graph: Graph, rows: Tensor, blocks: number): Tensor {
  const [head, heads, count] = rows.shape;
  const padded = graph.padAround(rows, 0, 0, 0, 0, PAST, SEEN * blocks - count - PAST);
  const [, byHead, byRow] = padded.strides;
  const view = graph.view(padded, {
    shape: [head, heads, SEEN, blocks],
    strides: [byHead, byRow, BLOCK * byRow],
  });
  return graph.cont(view);
}

/**
 * Scores of distances, shifted so that each query has those of its own keys (appendix B of the paper): a row of one value more than there
 * are keys, read as rows of as many as there are keys, begins one later each time.
 */
function relativeScores(graph: Graph, query: Tensor, projected: Tensor): Tensor {
  const [head, , blocks, heads] = query.shape;
  const perHead = graph.reshape(projected, head, heads, DISTANCES);
  const table = graph.cont(graph.permute(perHead, 0, 2, 1, 3));
  const flat = graph.matmul(table, graph.reshape(query, head, BLOCK * blocks, heads));
  const wide = graph.pad(graph.reshape(flat, DISTANCES, BLOCK, blocks, heads), SEEN + 1 - DISTANCES);
  const rows = graph.reshape(wide, (SEEN + 1) * BLOCK, blocks, heads);
  return graph.cont(graph.slice(rows, 0, { from: 0, to: SEEN * BLOCK }), SEEN, BLOCK, blocks, heads);
}
