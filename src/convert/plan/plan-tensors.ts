import { OllamaError } from '../../base/errors.ts';
import { limits } from '../../gguf/limits.ts';
import type { Family } from '../families/family.ts';
import { describeTensorData } from '../tensors/describe-tensor-data.ts';
import type { MappedTensor } from './map-tensors.ts';
import type { TensorJob } from './tensor-job.ts';
import { MXFP4, tensorTypeOf, type WrittenType } from './tensor-types.ts';

/** A tensor of the plan, with its shape in Hugging Face's order. */
export interface PlannedTensor {
  readonly job: TensorJob;
  readonly shape: readonly number[];
}

/**
 * Decides the type of each tensor.
 * @throws OllamaError `invalid-request` when shapes do not fit, two tensors have one name, or the format cannot hold one
 */
export function planTensors(
  tensors: readonly MappedTensor[],
  type: WrittenType,
  family: Family,
): readonly PlannedTensor[] {
  const names = new Set<string>();
  return tensors.map((tensor) => {
    const { name, data } = tensor;
    if (names.has(name)) throw refused(name, 'two tensors of the folder become it');
    names.add(name);
    const facts = factsOf(tensor);
    if (facts.shape.length > limits.dimensions) throw refused(name, 'it has too many dimensions');
    if (facts.shape.includes(0)) throw refused(name, 'it is empty');
    const number = facts.type === 'MXFP4' ? MXFP4 : tensorTypeOf(name, facts.shape, type, family);
    return { job: { name, shape: facts.shape.toReversed(), type: number, data }, shape: facts.shape };
  });
}

function factsOf({ name, data }: MappedTensor): ReturnType<typeof describeTensorData> {
  try {
    return describeTensorData(data);
  } catch (error) {
    if (error instanceof OllamaError) throw refused(name, error.message);
    throw error;
  }
}

function refused(name: string, reason: string): OllamaError {
  return new OllamaError('invalid-request', `tensor "${name}" cannot be written: ${reason}`);
}
