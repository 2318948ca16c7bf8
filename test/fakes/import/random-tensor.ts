/** Makes random trees of `TensorData` over a file of random numbers. */
import { writeFileSync } from 'node:fs';
import { describeTensorData } from '../../../src/convert/tensors/describe-tensor-data.ts';
import type { TensorData } from '../../../src/convert/tensors/tensor-data.ts';

type Random = () => number;

const between = (random: Random, first: number, last: number) =>
  first + Math.floor(random() * (last - first + 1));

function pick<Value>(random: Random, values: readonly Value[]): Value {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('there is nothing to pick from');
  return value;
}

function shuffled(random: Random, count: number): number[] {
  const keys = Array.from({ length: count }, () => random());
  return keys.map((_, index) => index).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
}

/** Numbers in the file; a source begins anywhere in it. */
const WORDS = 1 << 17;

/** Writes random numbers of about 1, so that sums and products stay finite. */
export function writeRandomNumbers(path: string, random: Random): void {
  const bytes = Buffer.alloc(4 * WORDS);
  for (let index = 0; index < WORDS; index++)
    bytes.writeFloatLE(between(random, -1000, 1000) / 256, 4 * index);
  writeFileSync(path, bytes);
}

function randomShape(random: Random): number[] {
  const dimensions = between(random, 1, 4);
  const largest = [0, 9000, 90, 20, 9][dimensions] ?? 1;
  return Array.from({ length: dimensions }, () => between(random, 1, largest));
}

function randomSource(random: Random, path: string, shape: readonly number[]): TensorData {
  const type = pick(random, ['F32', 'BF16'] as const);
  return { kind: 'source', tensor: { type, shape, path, start: 4 * between(random, 0, 1000) } };
}

const factorOf = (random: Random, size: number) =>
  pick(
    random,
    Array.from({ length: size }, (_, index) => index + 1).filter((factor) => size % factor === 0),
  );

/** @param depth how many operations are above the source */
export function randomTensor(
  random: Random,
  path: string,
  depth: number,
  shape = randomShape(random),
): TensorData {
  if (depth === 0) return randomSource(random, path, shape);
  const of = randomTensor(random, path, depth - 1, shape);
  const { shape: inner } = describeTensorData(of);
  const axis = between(random, 0, inner.length - 1);
  const size = inner[axis] ?? 1;
  const kinds = [
    'interleave',
    'stack',
    'concatenate',
    'slice',
    'transpose',
    'reshape',
    'affine',
    'scaled',
  ] as const;
  switch (pick(random, kinds)) {
    case 'interleave':
      return {
        kind: 'interleave-heads',
        heads: factorOf(random, inner[0] ?? 1),
        of: { kind: 'concatenate', axis: 0, of: [of, of] },
      };
    case 'stack':
      return { kind: 'stack', of: [of, randomSource(random, path, inner), of] };
    case 'concatenate':
      return { kind: 'concatenate', axis, of: [randomSource(random, path, inner), of] };
    case 'slice': {
      const step = between(random, 1, Math.min(size, 3));
      const start = between(random, 0, size - step);
      return { kind: 'slice', axis, start, count: Math.floor((size - start - 1) / step) + 1, step, of };
    }
    case 'transpose':
      return { kind: 'transpose', axes: shuffled(random, inner.length), of };
    case 'reshape': {
      const factor = factorOf(random, size);
      return {
        kind: 'reshape',
        shape: [...inner.slice(0, axis), factor, size / factor, ...inner.slice(axis + 1)],
        of,
      };
    }
    case 'affine':
      return { kind: 'affine', factor: between(random, 1, 5) / 3, offset: between(random, 0, 2), of };
    case 'scaled': {
      const block = inner.map(() => between(random, 1, 5));
      const scale = inner.map((length, place) => Math.ceil(length / (block[place] ?? 1)));
      return { kind: 'scaled', block, of, scale: randomSource(random, path, scale) };
    }
  }
}
