/** Evaluates `TensorData` the plain way: whole tensors in memory, one number after the other, by the definition of each kind. */
import { readFileSync } from 'node:fs';
import type { TensorData } from '../../../src/convert/tensors/tensor-data.ts';

export interface NaiveTensor {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

type At = (index: readonly number[]) => number;

function fill(shape: readonly number[], at: At): NaiveTensor {
  const values: number[] = [];
  const visit = (index: readonly number[]): void => {
    const size = shape[index.length];
    if (size === undefined) values.push(at(index));
    else for (let next = 0; next < size; next++) visit([...index, next]);
  };
  visit([]);
  return { shape, values };
}

function valueAt({ shape, values }: NaiveTensor, index: readonly number[]): number {
  const place = index.reduce((sum, step, axis) => sum * (shape[axis] ?? 1) + step, 0);
  const value = values[place];
  if (value === undefined) throw new Error(`there is no element ${index.join(', ')}`);
  return value;
}

const replaced = (index: readonly number[], axis: number, value: number) =>
  index.map((step, place) => (place === axis ? value : step));

/** A source of 16-bit floats (the upper half of 32 bits), of 32-bit floats or of bytes. */
function source({
  type,
  shape,
  path,
  start,
}: Extract<TensorData, { kind: 'source' }>['tensor']): NaiveTensor {
  const bytes = readFileSync(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  const count = shape.reduce((product, size) => product * size, 1);
  const read = (index: number) => {
    if (type === 'F32') return view.getFloat32(4 * index, true);
    if (type === 'U8') return view.getUint8(index);
    if (type !== 'BF16') throw new Error(`the plain evaluation does not know ${type}`);
    const wide = new DataView(new ArrayBuffer(4));
    wide.setUint16(2, view.getUint16(2 * index, true), true);
    return wide.getFloat32(0, true);
  };
  return { shape, values: Array.from({ length: count }, (_, index) => read(index)) };
}

function concatenate(parts: readonly NaiveTensor[], axis: number): NaiveTensor {
  const owners = parts.flatMap((part) =>
    Array.from({ length: part.shape[axis] ?? 0 }, (_, inner) => ({ part, inner })),
  );
  const shape = replaced(parts[0]?.shape ?? [], axis, owners.length);
  return fill(shape, (index) => {
    const owner = owners[index[axis] ?? 0];
    if (!owner) throw new Error('there is no such part');
    return valueAt(owner.part, replaced(index, axis, owner.inner));
  });
}

function interleaveHeads(of: NaiveTensor, heads: number): NaiveTensor {
  const half = (of.shape[0] ?? 0) / heads / 2;
  return fill(of.shape, ([row = 0, ...rest]) => {
    const head = Math.floor(row / (2 * half));
    const inHead = row % (2 * half);
    return valueAt(of, [head * 2 * half + (inHead % 2) * half + Math.floor(inHead / 2), ...rest]);
  });
}

function scaled(of: NaiveTensor, scale: NaiveTensor, block: readonly number[]): NaiveTensor {
  const blocked = scale.shape.length - block.length;
  return fill(of.shape, (index) => {
    const places = scale.shape.map((size, axis) =>
      size === 1 ? 0 : Math.floor((index[axis] ?? 0) / (block[axis - blocked] ?? 1)),
    );
    return Math.fround(valueAt(of, index) * valueAt(scale, places));
  });
}

export function evaluatePlainly(data: TensorData): NaiveTensor {
  switch (data.kind) {
    case 'source':
      return source(data.tensor);
    case 'values':
      return { shape: data.shape, values: data.values.map(Math.fround) };
    case 'interleave-heads':
      return interleaveHeads(evaluatePlainly(data.of), data.heads);
    case 'stack': {
      const parts = data.of.map(evaluatePlainly);
      return concatenate(
        parts.map(({ shape, values }) => ({ shape: [1, ...shape], values })),
        0,
      );
    }
    case 'concatenate':
      return concatenate(data.of.map(evaluatePlainly), data.axis);
    case 'slice': {
      const of = evaluatePlainly(data.of);
      const shape = replaced(of.shape, data.axis, data.count);
      const { axis, start, step = 1 } = data;
      return fill(shape, (index) => valueAt(of, replaced(index, axis, start + step * (index[axis] ?? 0))));
    }
    case 'transpose': {
      const of = evaluatePlainly(data.of);
      const shape = data.axes.map((axis) => of.shape[axis] ?? 0);
      return fill(shape, (index) =>
        valueAt(
          of,
          of.shape.map((_, axis) => index[data.axes.indexOf(axis)] ?? 0),
        ),
      );
    }
    case 'reshape':
      return { shape: data.shape, values: evaluatePlainly(data.of).values };
    case 'affine': {
      const { shape, values } = evaluatePlainly(data.of);
      const [factor, offset] = [Math.fround(data.factor), Math.fround(data.offset)];
      return { shape, values: values.map((value) => Math.fround(Math.fround(value * factor) + offset)) };
    }
    case 'scaled':
      return scaled(evaluatePlainly(data.of), evaluatePlainly(data.scale), data.block ?? []);
    case 'mxfp4':
      throw new Error('blocks of 4-bit values are no numbers');
  }
}
