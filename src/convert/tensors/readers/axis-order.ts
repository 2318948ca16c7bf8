/** An axis of a reordered tensor: how many elements it has, and how far apart they are in the source. */
export interface StridedAxis {
  readonly size: number;
  /** Elements. */
  readonly stride: number;
}

/**
 * Returns the axes of a tensor in a new order. Axes that stay neighbors become one, and those with one element are left out.
 * @param axes `axes[i]` is the old place of the new axis i
 */
export function orderAxes(shape: readonly number[], axes: readonly number[]): StridedAxis[] {
  const strides: number[] = [];
  let stride = 1;
  for (const size of [...shape].reverse()) {
    strides.unshift(stride);
    stride *= size;
  }
  const result: StridedAxis[] = [];
  for (const axis of axes) {
    const next = { size: shape[axis] ?? 1, stride: strides[axis] ?? 1 };
    const last = result.at(-1);
    if (next.size === 1) continue;
    if (last?.stride === next.size * next.stride)
      result.splice(-1, 1, { size: last.size * next.size, stride: next.stride });
    else result.push(next);
  }
  return result;
}

/** Place in the source of element number `index` of some axes. */
export function sourcePlace(axes: readonly StridedAxis[], index: number): number {
  let rest = index;
  let place = 0;
  for (let axis = axes.length - 1; axis >= 0; axis--) {
    const { size, stride } = axes[axis] ?? { size: 1, stride: 0 };
    const above = Math.floor(rest / size);
    place += (rest - above * size) * stride;
    rest = above;
  }
  return place;
}
