/** Below this length a vector has no direction; dividing by it would only magnify rounding. */
const SHORTEST = 1e-12;
/** Decimal digits that tell every 32-bit float from its neighbours. */
const FLOAT_DIGITS = 9;

/** The vector with length 1; zeros stay zeros. */
export function normalize(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / Math.max(length, SHORTEST));
}

/**
 * The first `dimensions` numbers, of length 1 again: what models trained in nested sizes are made for.
 * @param dimensions larger ones, 0 and negative ones leave the vector whole
 */
export function shorten(vector: Float32Array, dimensions: number): Float32Array {
  if (dimensions <= 0 || dimensions >= vector.length) return vector;
  return normalize(vector.subarray(0, dimensions));
}

export function isFiniteVector(vector: Float32Array): boolean {
  return vector.every(Number.isFinite);
}

/** The shortest-looking numbers that are the same 32-bit floats. */
export function toShortNumbers(vector: Float32Array): number[] {
  return Array.from(vector, (value) => Number(value.toPrecision(FLOAT_DIGITS)));
}
