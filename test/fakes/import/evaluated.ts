/** Computes what a `TensorData` means, element by element: slow, plain, and apart from the code that streams. */
import type { TensorData } from '../../../src/convert/tensors/tensor-data.ts';

/** Elements in the order of memory, the slowest dimension first. */
export interface Values {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export type SourceValues = (source: Extract<TensorData, { kind: 'source' }>['tensor']) => Values;

/** Adapters and plain weights have no other kinds. */
export function evaluated(data: TensorData, sourceValues: SourceValues): Values {
  switch (data.kind) {
    case 'source':
      return sourceValues(data.tensor);
    case 'interleave-heads': {
      const of = evaluated(data.of, sourceValues);
      const rows = of.shape[0] ?? 0;
      const half = rows / data.heads / 2;
      return picked(of.shape, ([row = 0, ...rest]) => {
        const head = Math.floor(row / (2 * half));
        const place = row % (2 * half);
        return at(of, [head * 2 * half + (place % 2) * half + Math.floor(place / 2), ...rest]);
      });
    }
    case 'stack': {
      const parts = data.of.map((part) => evaluated(part, sourceValues));
      return {
        shape: [parts.length, ...(parts[0]?.shape ?? [])],
        values: parts.flatMap(({ values }) => [...values]),
      };
    }
    case 'slice': {
      const of = evaluated(data.of, sourceValues);
      const shape = of.shape.map((size, axis) => (axis === data.axis ? data.count : size));
      const { axis: sliced, start, step = 1 } = data;
      return picked(shape, (place) =>
        at(
          of,
          place.map((index, axis) => (axis === sliced ? start + index * step : index)),
        ),
      );
    }
    case 'transpose': {
      const of = evaluated(data.of, sourceValues);
      const shape = data.axes.map((axis) => of.shape[axis] ?? 0);
      return picked(shape, (place) =>
        at(
          of,
          of.shape.map((_, axis) => place[data.axes.indexOf(axis)] ?? 0),
        ),
      );
    }
    case 'affine': {
      const of = evaluated(data.of, sourceValues);
      return { shape: of.shape, values: of.values.map((value) => value * data.factor + data.offset) };
    }
    default:
      throw new Error(`${data.kind} is not expected here`);
  }
}

/** b × a of the last two axes, for each of the axes before them. */
export function multiplied(b: Values, a: Values): Values {
  const rank = a.shape.at(-2) ?? 0;
  const shape = [...b.shape.slice(0, -1), ...a.shape.slice(-1)];
  return picked(shape, (place) => {
    const [row, column] = place.slice(-2);
    const before = place.slice(0, -2);
    let sum = 0;
    for (let index = 0; index < rank; index++)
      sum += at(b, [...before, row ?? 0, index]) * at(a, [...before, index, column ?? 0]);
    return sum;
  });
}

function picked(shape: readonly number[], pick: (place: readonly number[]) => number): Values {
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Array.from({ length: count }, (_, index) => {
    const place: number[] = [];
    let rest = index;
    for (const size of shape.toReversed()) {
      place.unshift(rest % size);
      rest = Math.floor(rest / size);
    }
    return pick(place);
  });
  return { shape, values };
}

function at({ shape, values }: Values, place: readonly number[]): number {
  const index = place.reduce((sum, one, axis) => sum * (shape[axis] ?? 0) + one, 0);
  return values[index] ?? Number.NaN;
}
