import { OllamaError } from '../../base/errors.ts';
import { tensorShape } from '../tensors/describe-tensor-data.ts';
import type { BaseModel } from './base-model.ts';
import type { PlacedFactors } from './place-modules.ts';
import { quoted, refusal } from './refuse.ts';

/**
 * Checks that the base model has the tensor, and that all sizes agree. The engine itself checks only some of them, when the
 * model is loaded.
 * @throws OllamaError `invalid-request` naming the module or the tensor
 */
export function checkFactors(factors: PlacedFactors, base: BaseModel): void {
  const { target, kind, module } = factors;
  const tensor = base.tensors.get(target);
  if (!tensor) throw missing(factors, base);
  if (kind === 'embedding' && !base.tensors.has('output.weight')) {
    throw refusal(
      `the adapter changes ${quoted(module)}, which the base model also uses for its output: merge it into the model first`,
    );
  }
  const weight = tensor.shape.toReversed();
  const change = shapeOf(factors);
  if (change && change.length === weight.length && change.every((size, axis) => size === weight[axis])) {
    return;
  }
  throw misfit(
    `${quoted(module)} is for weights of [${(change ?? []).join(', ')}], ${target} has [${weight.join(', ')}]`,
  );
}

function misfit(what: string): OllamaError {
  return refusal(`the adapter does not fit the base model: ${what}`);
}

function missing({ target, module }: PlacedFactors, base: BaseModel): OllamaError {
  if (target === 'output.weight') {
    return refusal(
      `the adapter changes ${quoted(module)}, which the base model shares with its token embedding: merge it into the ` +
        'model first',
    );
  }
  const count = base.config.value('num_hidden_layers');
  return misfit(
    `it changes ${quoted(module)}, and the base model has no ${target}` +
      (typeof count === 'number' ? ` (it has ${count} layers)` : ''),
  );
}

/** Shape of the weights that the factors are for; undefined when they do not fit together. */
function shapeOf(factors: PlacedFactors): readonly number[] | undefined {
  try {
    return factors.kind === 'embedding' ? embeddingShape(factors) : changeShape(factors);
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
    throw misfit(`${quoted(factors.module)}: ${error.message}`);
  }
}

/** [experts, outputs, inputs], or undefined when the factors do not fit together. */
function changeShape({ a, b }: PlacedFactors): readonly number[] | undefined {
  const [shapeA, shapeB] = [tensorShape(a), tensorShape(b)];
  const axes = shapeA.length;
  const fits = axes === shapeB.length && axes >= 2 && shapeA[axes - 2] === shapeB[axes - 1];
  const sameExperts = shapeA.slice(0, -2).every((size, axis) => size === shapeB[axis]);
  return fits && sameExperts ? [...shapeB.slice(0, -1), ...shapeA.slice(-1)] : undefined;
}

/** [tokens, width]: a is [tokens, rank], and b is [width, rank]. */
function embeddingShape({ a, b }: PlacedFactors): readonly number[] {
  return [...tensorShape(a).slice(0, 1), ...tensorShape(b).slice(0, 1)];
}
