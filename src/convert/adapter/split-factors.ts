import type { TensorData } from '../tensors/tensor-data.ts';
import type { FactorPair } from './adapted-module.ts';

/** Looks up the factors of the module that a `source` stands for. */
export type FactorLookup = (sourcePath: string) => FactorPair;

/**
 * What a conversion of a weight does to the two factors of its change. The weight is [outputs, inputs], perhaps behind an
 * axis of experts, and changes by b × a: what moves outputs moves the rows of b, and what moves inputs moves the columns
 * of a.
 * @param data the conversion of the weight, whose sources are named by their paths
 * @param axes number of axes of the result
 * @returns undefined when the factors cannot follow, as in sums of several weights
 */
export function splitFactors(data: TensorData, axes: number, lookup: FactorLookup): FactorPair | undefined {
  switch (data.kind) {
    case 'source':
      return lookup(data.tensor.path);
    case 'interleave-heads':
      return mapFactors(data.of, axes, lookup, ({ a, b }) =>
        axes === 2 ? { a, b: { ...data, of: b } } : undefined,
      );
    case 'stack':
      return stackFactors(data.of, axes, lookup);
    case 'slice':
      return mapFactors(data.of, axes, lookup, ({ a, b }) => ({
        a: data.axis === axes - 2 ? a : { ...data, of: a },
        b: data.axis === axes - 1 ? b : { ...data, of: b },
      }));
    case 'transpose':
      return transposeFactors(data, axes, lookup);
    case 'affine':
      return mapFactors(data.of, axes, lookup, ({ a, b }) =>
        data.offset === 0 ? { a, b: { ...data, of: b } } : undefined,
      );
    default:
      return undefined;
  }
}

function mapFactors(
  of: TensorData,
  axes: number,
  lookup: FactorLookup,
  change: (pair: FactorPair) => FactorPair | undefined,
): FactorPair | undefined {
  const pair = splitFactors(of, axes, lookup);
  return pair && change(pair);
}

function stackFactors(
  parts: readonly TensorData[],
  axes: number,
  lookup: FactorLookup,
): FactorPair | undefined {
  const pairs: FactorPair[] = [];
  for (const part of parts) {
    const pair = splitFactors(part, axes - 1, lookup);
    if (!pair) return undefined;
    pairs.push(pair);
  }
  return {
    a: { kind: 'stack', of: pairs.map(({ a }) => a) },
    b: { kind: 'stack', of: pairs.map(({ b }) => b) },
  };
}

/** The transposed change is aᵀ × bᵀ, so that the factors take each other's place. */
function transposeFactors(
  { axes: order, of }: Extract<TensorData, { kind: 'transpose' }>,
  axes: number,
  lookup: FactorLookup,
): FactorPair | undefined {
  const swapsLastTwo =
    order.length === axes &&
    order.every((old, place) => old === (place < axes - 2 ? place : 2 * axes - 3 - place));
  if (!swapsLastTwo) return undefined;
  return mapFactors(of, axes, lookup, ({ a, b }) => ({
    a: { kind: 'transpose', axes: order, of: b },
    b: { kind: 'transpose', axes: order, of: a },
  }));
}
