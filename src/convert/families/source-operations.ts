/** Changes of tensors that keep their shapes beside their values, for the `sources` of a family. */
import type { SourceTensor } from './family.ts';

/** Every other element of an axis; the last one is left over where their number is odd. */
export function everyOther(tensor: SourceTensor, axis: number, start: 0 | 1): SourceTensor {
  const count = Math.floor((tensor.shape[axis] ?? 0) / 2);
  return {
    ...tensor,
    shape: tensor.shape.map((length, place) => (place === axis ? count : length)),
    data: { kind: 'slice', axis, start, count, step: 2, of: tensor.data },
  };
}

/** The last two axes change places. */
export function withTurnedMatrices(tensor: SourceTensor): SourceTensor {
  const { shape, data } = tensor;
  const last = shape.length - 1;
  if (last < 1) return tensor;
  const axes = shape.map((_, axis) => (axis === last ? last - 1 : axis === last - 1 ? last : axis));
  return {
    ...tensor,
    shape: axes.map((axis) => shape[axis] ?? 0),
    data: { kind: 'transpose', axes, of: data },
  };
}
