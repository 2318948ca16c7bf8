import { messageOf, OllamaError } from '../../base/errors.ts';
import { limits } from '../../gguf/limits.ts';
import { tensorType } from '../../gguf/tensor-types.ts';
import type { TensorJob } from '../plan/tensor-job.ts';
import { describeTensorData } from './describe-tensor-data.ts';
import { canCast } from './element-cast.ts';
import { elementCount } from './element-type.ts';

/** Bytes of a tensor's data in the file, without the zeros behind it. */
export function tensorBytes({ shape, type }: Pick<TensorJob, 'shape' | 'type'>): number {
  const { elements, bytes } = tensorType(type) ?? { elements: 1, bytes: 0 };
  return (elementCount(shape) / elements) * bytes;
}

/**
 * Checks everything about the tensors of a plan that can be known before their data is read.
 * @throws OllamaError `invalid-request` naming the tensor and what does not fit
 */
export function checkTensorJobs(jobs: readonly TensorJob[]): void {
  if (jobs.length > limits.tensors)
    throw new OllamaError(
      'invalid-request',
      `the model has ${jobs.length} tensors, more than ${limits.tensors}`,
    );
  const names = new Set<string>();
  for (const job of jobs) {
    if (names.has(job.name)) throw refusal(job, 'appears twice');
    names.add(job.name);
    checkTensorJob(job);
  }
}

function checkTensorJob(job: TensorJob): void {
  if (Buffer.byteLength(job.name) > limits.tensorNameBytes)
    throw refusal(job, `has a name of more than ${limits.tensorNameBytes} bytes`);
  if (job.shape.length > limits.dimensions)
    throw refusal(job, `has ${job.shape.length} dimensions, more than ${limits.dimensions}`);
  const { shape, type } = describe(job);
  const declared = [...job.shape].reverse();
  if (JSON.stringify(declared) !== JSON.stringify(shape))
    throw refusal(job, `has the shape ${JSON.stringify(shape)}, expected ${JSON.stringify(declared)}`);
  if (!Number.isSafeInteger(elementCount(shape)) || elementCount(shape) === 0)
    throw refusal(job, `has the shape ${JSON.stringify(shape)}, which has no elements or too many`);
  const layout = tensorType(job.type);
  if (!layout || !canCast(type, job.type))
    throw refusal(job, `cannot be stored as ${layout?.name ?? job.type}: its values are of type ${type}`);
  if ((job.shape[0] ?? 1) % layout.elements !== 0)
    throw refusal(job, `has rows of ${job.shape[0]} values, which ${layout.name} cannot store`);
}

function describe(job: TensorJob) {
  try {
    return describeTensorData(job.data);
  } catch (error) {
    throw error instanceof OllamaError ? refusal(job, `cannot be made: ${messageOf(error)}`) : error;
  }
}

function refusal({ name }: TensorJob, what: string): OllamaError {
  return new OllamaError('invalid-request', `tensor ${JSON.stringify(name)} ${what}`);
}
