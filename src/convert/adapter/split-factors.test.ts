import { expect, it } from 'vitest';
import { evaluated, multiplied, type Values } from '../../../test/fakes/import/evaluated.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../../test/scale.ts';
import type { TensorData } from '../tensors/tensor-data.ts';
import { splitFactors } from './split-factors.ts';

const RANK = 3;
const OUTPUTS = 8;
const INPUTS = 12;

function source(path: string, shape: readonly number[]): TensorData {
  return { kind: 'source', tensor: { type: 'F32', shape, path, start: 0 } };
}

function random(shape: readonly number[], next: () => number): Values {
  const count = shape.reduce((product, size) => product * size, 1);
  return { shape, values: Array.from({ length: count }, () => next() - 0.5) };
}

interface Conversion {
  readonly data: TensorData;
  readonly shape: readonly number[];
}

/** A conversion of a weight [OUTPUTS, INPUTS], as tables of families have them. */
function randomConversion(next: () => number): Conversion {
  let data: TensorData = source('w0', [OUTPUTS, INPUTS]);
  if (next() < 0.5) data = { kind: 'interleave-heads', heads: 2, of: data };
  let conversion: Conversion = { data, shape: [OUTPUTS, INPUTS] };
  if (next() < 0.4) {
    const experts = [data, source('w1', [OUTPUTS, INPUTS]), source('w2', [OUTPUTS, INPUTS])];
    conversion = { data: { kind: 'stack', of: experts }, shape: [experts.length, OUTPUTS, INPUTS] };
  }
  for (let change = Math.floor(next() * 4); change > 0; change--) conversion = changed(conversion, next);
  return conversion;
}

function changed({ data, shape }: Conversion, next: () => number): Conversion {
  const below = (limit: number) => Math.floor(next() * limit);
  const axis = below(shape.length);
  const size = shape[axis] ?? 0;
  const kind = below(3);
  if (kind === 0 && size >= 4) {
    const [start, step] = [below(2), 1 + below(2)];
    const count = Math.floor((size - start - 1) / step);
    const sliced = shape.map((length, place) => (place === axis ? count : length));
    return { data: { kind: 'slice', axis, start, count, step, of: data }, shape: sliced };
  }
  if (kind === 1) {
    const axes = shape.length === 2 ? [1, 0] : [0, 2, 1];
    return { data: { kind: 'transpose', axes, of: data }, shape: axes.map((old) => shape[old] ?? 0) };
  }
  return { data: { kind: 'affine', factor: 1 + below(5), offset: 0, of: data }, shape };
}

it('the product of converted factors is the converted product, whatever a table does to a weight', () => {
  const next = seededRandom(seedFrom(1));
  for (let round = 0; round < rounds({ change: 300, long: 3000, nightly: 30_000 }); round++) {
    const { data, shape } = randomConversion(next);
    const factors = new Map<string, Values>();
    for (const name of ['w0', 'w1', 'w2']) {
      factors.set(`${name}/a`, random([RANK, INPUTS], next));
      factors.set(`${name}/b`, random([OUTPUTS, RANK], next));
    }
    const factor = (path: string): Values => factors.get(path) ?? { shape: [], values: [] };
    const pair = splitFactors(data, shape.length, (path) => ({
      a: source(`${path}/a`, [RANK, INPUTS]),
      b: source(`${path}/b`, [OUTPUTS, RANK]),
    }));
    expect(pair, JSON.stringify(data)).toBeDefined();
    if (!pair) return;
    const [a, b] = [pair.a, pair.b].map((half) => evaluated(half, ({ path }) => factor(path)));
    const whole = evaluated(data, ({ path }) => multiplied(factor(`${path}/b`), factor(`${path}/a`)));
    const product = a && b && multiplied(b, a);
    expect(whole.shape).toEqual(shape);
    expect(product?.shape, JSON.stringify(data)).toEqual(shape);
    for (const [index, value] of whole.values.entries())
      expect(product?.values[index], JSON.stringify(data)).toBeCloseTo(value, 10);
  }
});

it('leaves conversions alone that no factors can follow', () => {
  const weight = source('w', [OUTPUTS, INPUTS]);
  const lookup = () => ({ a: source('a', [RANK, INPUTS]), b: source('b', [OUTPUTS, RANK]) });
  const added: TensorData = { kind: 'affine', factor: 1, offset: 1, of: weight };
  const joined: TensorData = { kind: 'concatenate', axis: 0, of: [weight, weight] };
  const crossed: TensorData = {
    kind: 'transpose',
    axes: [1, 0, 2],
    of: { kind: 'stack', of: [weight, weight] },
  };
  expect(splitFactors(added, 2, lookup)).toBeUndefined();
  expect(splitFactors(joined, 2, lookup)).toBeUndefined();
  expect(splitFactors(crossed, 3, lookup)).toBeUndefined();
});
