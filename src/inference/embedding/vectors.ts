/** A shorter vector has no meaningful direction; dividing by its length would only magnify rounding errors. */
const SHORTEST = 1e-12;
/** Number of decimal digits that distinguish every 32-bit float from its neighbours. */
const FLOAT_DIGITS = 9;

/** Scales a vector to length 1; a zero vector stays zero. */
export function normalize(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / Math.max(length, SHORTEST));
}

/**
 * Keeps the first `dimensions` numbers and scales them to length 1 again, as Matryoshka models are trained for.
 * @param dimensions 0, negative values and values beyond the length of the vector keep the whole vector
 */
export function shorten(vector: Float32Array, dimensions: number): Float32Array {
  if (dimensions <= 0 || dimensions >= vector.length) return vector;
  return normalize(vector.subarray(0, dimensions));
}

export function isFiniteVector(vector: Float32Array): boolean {
  return vector.every(Number.isFinite);
}

/** Rounds each number to few digits that still parse to the same 32-bit float. */
export function toShortNumbers(vector: Float32Array): number[] {
  return Array.from(vector, (value) => Number(value.toPrecision(FLOAT_DIGITS)));
}
