import { OllamaError } from '../../base/errors.ts';
import { DEFAULT_ALIGNMENT } from '../../gguf/limits.ts';
import { tensorType } from '../../gguf/tensor-types.ts';
import type { TensorJob } from '../plan/tensor-job.ts';
import { createCast, type ValueCounts } from './element-cast.ts';
import { elementCount } from './element-type.ts';
import { type OutputStream, padOutput } from './output-stream.ts';
import { createReader } from './readers/create-reader.ts';
import type { ReaderParts } from './readers/element-reader.ts';

/**
 * Reads, converts and writes a tensor that `checkTensorJobs` accepts, with the zeros behind it.
 * @returns what was noticed of its values
 * @throws OllamaError and system errors of readers and the output
 */
export async function writeTensor(
  job: TensorJob,
  parts: ReaderParts,
  output: OutputStream,
): Promise<ValueCounts> {
  const layout = tensorType(job.type);
  if (!layout) throw new OllamaError('internal', `the type ${job.type} is not known`);
  const total = elementCount(job.shape);
  const cast = createCast(createReader(job.data, parts), job.type, parts);
  const counts: ValueCounts = { overflows: 0, specials: 0 };
  for (let done = 0; done < total; ) {
    const room = await output.room(layout.bytes);
    const fitting = Math.floor(room.length / layout.bytes) * layout.elements;
    const count = Math.min(total - done, fitting, cast.most ?? fitting);
    cast.write(done, count, room, counts);
    output.commit((count / layout.elements) * layout.bytes);
    done += count;
  }
  await padOutput(output, (total / layout.elements) * layout.bytes, DEFAULT_ALIGNMENT);
  return counts;
}
