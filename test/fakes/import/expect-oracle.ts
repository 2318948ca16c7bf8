import { expect } from 'vitest';
import { type ImportOracle, unpackFloats } from './import-case.ts';

/** Both add up 32-bit floats, in different orders. The largest difference seen is 7e-7 of 1.5. */
const BOUND = 1e-5;

/**
 * Bounds for what cannot be computed the same way twice, at the worst position; at the others, `BOUND` holds.
 *
 * With a GELU from a table of half-precision floats, a value that lies next to a rounding may fall on its other side, and
 * what it changes reaches all later positions. Products with MXFP4 round the other side to 8 bits.
 */
const looseBounds: Readonly<Record<string, { readonly worst: number; readonly exactPositions: number }>> = {
  'gelu from a table': { worst: 5e-3, exactPositions: 3 },
  'yarn with whole bounds, activations of 8 bits': { worst: 2e-3, exactPositions: 0 },
};

/** @param logits of the whole vocabulary after each token */
export function expectLogits(logits: readonly Float32Array[], oracle: ImportOracle | undefined): void {
  const { columns = [], logits: packed = '', asEngine } = oracle ?? {};
  const expected = unpackFloats(packed);
  expect(expected).toHaveLength(logits.length * columns.length);
  const differences = logits.map((row, position) =>
    largestDifference(
      columns.map((column) => row[column] ?? Number.NaN),
      expected.subarray(position * columns.length, (position + 1) * columns.length),
    ),
  );
  const { worst, exactPositions } = looseBounds[asEngine ?? ''] ?? {
    worst: BOUND,
    exactPositions: logits.length,
  };
  expect(Math.max(...differences)).toBeLessThan(worst);
  expect(differences.filter((difference) => difference < BOUND).length).toBeGreaterThanOrEqual(
    exactPositions,
  );
}

export function expectVector(vector: Float32Array, oracle: ImportOracle | undefined): void {
  const expected = unpackFloats(oracle?.pooled ?? '');
  expect(vector).toHaveLength(expected.length);
  expect(largestDifference([...vector], expected)).toBeLessThan(BOUND);
}

function largestDifference(values: readonly number[], expected: Float32Array): number {
  return values.reduce((most, value, index) => {
    const difference = Math.abs(value - (expected[index] ?? Number.NaN));
    return Number.isNaN(difference) ? Number.NaN : Math.max(most, difference);
  }, 0);
}
