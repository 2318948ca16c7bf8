/**
 * A straightforward implementation of BERT's forward pass: https://arxiv.org/abs/1810.04805, with layer norm after each
 * half layer.
 */
import type { BertWeights } from './bert-gguf.ts';

export interface BertShape {
  readonly layers: number;
  readonly heads: number;
  readonly embedding: number;
  readonly feedForward: number;
}

type Row = Float64Array;

const EPSILON = 1e-12;

/** @returns the last hidden state, one row per token */
export function bertHidden(tokens: readonly number[], shape: BertShape, weights: BertWeights): Row[] {
  const { embedding, layers, feedForward } = shape;
  const words = weights('embeddings.word_embeddings.weight', []);
  const positions = weights('embeddings.position_embeddings.weight', []);
  const segments = weights('embeddings.token_type_embeddings.weight', []);
  const linear = (name: string, rows: readonly Row[], outputs: number) =>
    rows.map((row) => project(row, weights(`${name}.weight`, []), weights(`${name}.bias`, []), outputs));
  const norm = (name: string, rows: readonly Row[]) =>
    rows.map((row) => layerNorm(row, weights(`${name}.weight`, []), weights(`${name}.bias`, [])));
  const embedded = tokens.map((token, position) =>
    Float64Array.from(
      { length: embedding },
      (_, index) =>
        (words[token * embedding + index] ?? 0) +
        (positions[position * embedding + index] ?? 0) +
        (segments[index] ?? 0),
    ),
  );
  let hidden = norm('embeddings.LayerNorm', embedded);
  for (let layer = 0; layer < layers; layer++) {
    const at = `encoder.layer.${layer}`;
    const [queries, keys, values] = ['query', 'key', 'value'].map((role) =>
      linear(`${at}.attention.self.${role}`, hidden, embedding),
    );
    const mixed = attend(queries ?? [], keys ?? [], values ?? [], shape.heads);
    const attended = linear(`${at}.attention.output.dense`, mixed, embedding);
    hidden = norm(`${at}.attention.output.LayerNorm`, added(hidden, attended));
    const wide = linear(`${at}.intermediate.dense`, hidden, feedForward).map((row) => row.map(gelu));
    hidden = norm(`${at}.output.LayerNorm`, added(hidden, linear(`${at}.output.dense`, wide, embedding)));
  }
  return hidden;
}

export function meanOf(rows: readonly ArrayLike<number>[]): number[] {
  const length = rows[0]?.length ?? 0;
  return Array.from(
    { length },
    (_, index) => rows.reduce((sum, row) => sum + (row[index] ?? 0), 0) / rows.length,
  );
}

export function cosine(left: ArrayLike<number>, right: ArrayLike<number>): number {
  return dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right));
}

function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += (left[index] ?? 0) * (right[index] ?? 0);
  return sum;
}

function project(row: Row, weight: Float32Array, bias: Float32Array, outputs: number): Row {
  return Float64Array.from({ length: outputs }, (_, output) => {
    const own = weight.subarray(output * row.length, (output + 1) * row.length);
    return dot(row, own) + (bias[output] ?? 0);
  });
}

function layerNorm(row: Row, weight: Float32Array, bias: Float32Array): Row {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
  const scale = 1 / Math.sqrt(variance + EPSILON);
  return row.map((value, index) => (value - mean) * scale * (weight[index] ?? 0) + (bias[index] ?? 0));
}

function added(left: readonly Row[], right: readonly Row[]): Row[] {
  return left.map((row, token) => row.map((value, index) => value + (right[token]?.[index] ?? 0)));
}

function attend(queries: readonly Row[], keys: readonly Row[], values: readonly Row[], heads: number): Row[] {
  const length = (queries[0]?.length ?? 0) / heads;
  return queries.map((query) => {
    const mixed = new Float64Array(query.length);
    for (let head = 0; head < heads; head++) {
      const [from, to] = [head * length, (head + 1) * length];
      const own = query.subarray(from, to);
      const scores = softmax(keys.map((key) => dot(own, key.subarray(from, to)) / Math.sqrt(length)));
      for (const [token, value] of values.entries()) {
        for (let index = from; index < to; index++) {
          mixed[index] = (mixed[index] ?? 0) + (scores[token] ?? 0) * (value[index] ?? 0);
        }
      }
    }
    return mixed;
  });
}

function softmax(values: readonly number[]): number[] {
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

function gelu(value: number): number {
  return (value / 2) * (1 + errorFunction(value / Math.SQRT2));
}

/** Abramowitz and Stegun 7.1.26, accurate to 1.5e-7. */
function errorFunction(value: number): number {
  const size = Math.abs(value);
  const t = 1 / (1 + 0.3275911 * size);
  const series =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(value) * (1 - series * Math.exp(-size * size));
}
