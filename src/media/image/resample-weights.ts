/**
 * The weights of a separable resampling filter along one axis, in fixed point. The method is Pillow's, which the
 * preprocessing of most vision models was trained with: the filter is widened when a picture shrinks, so that every pixel of
 * the source counts, and each pass rounds to 8 bits.
 */

/** The filters that vision models ask for, by the reach of each in pixels of the source when the picture grows. */
const reach = { bilinear: 1, bicubic: 2, lanczos: 3 } as const;

/** How a picture is resized. */
export type Filter = keyof typeof reach;

/** Bits behind the point of a weight: 32, without the 8 of a pixel and two for the sign and for sums above one. */
export const WEIGHT_BITS = 22;

/** Sharpness of the bicubic filter: Pillow's value. */
const BICUBIC_A = -0.5;

/** For each pixel of the result: which pixels of the source it is made of, and how much of each. */
export interface Weights {
  /** Index of the first pixel of the source, for each pixel of the result. */
  readonly first: Int32Array;
  /** Number of pixels of the source, for each pixel of the result. */
  readonly count: Int32Array;
  /** `stride` weights for each pixel of the result, in units of 2^-22. */
  readonly values: Int32Array;
  readonly stride: number;
}

/** @returns the weights that turn `from` pixels into `to` pixels */
export function resampleWeights(from: number, to: number, filter: Filter): Weights {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const shrink = 1 / stretch;
  const support = reach[filter] * stretch;
  const stride = Math.ceil(support) * 2 + 1;
  const weights: Weights = {
    first: new Int32Array(to),
    count: new Int32Array(to),
    values: new Int32Array(to * stride),
    stride,
  };
  const row = new Float64Array(stride);
  for (let index = 0; index < to; index++) {
    const center = (index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(from, Math.trunc(center + support + 0.5)) - first;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const weight = weightAt[filter]((tap + first - center + 0.5) * shrink);
      row[tap] = weight;
      sum += weight;
    }
    weights.first[index] = first;
    weights.count[index] = count;
    for (let tap = 0; tap < count; tap++) {
      weights.values[index * stride + tap] = fixedPoint(sum === 0 ? (row[tap] ?? 0) : (row[tap] ?? 0) / sum);
    }
  }
  return weights;
}

function fixedPoint(weight: number): number {
  return Math.trunc(weight * 2 ** WEIGHT_BITS + (weight < 0 ? -0.5 : 0.5));
}

/** The height of each filter at a distance from its middle. */
const weightAt: Readonly<Record<Filter, (distance: number) => number>> = {
  bilinear: (distance) => Math.max(0, 1 - Math.abs(distance)),
  bicubic: (distance) => bicubic(Math.abs(distance)),
  lanczos: (distance) => (distance >= -3 && distance < 3 ? sinc(distance) * sinc(distance / 3) : 0),
};

/** Keys' cubic convolution. */
function bicubic(x: number): number {
  if (x < 1) return ((BICUBIC_A + 2) * x - (BICUBIC_A + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * BICUBIC_A : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
