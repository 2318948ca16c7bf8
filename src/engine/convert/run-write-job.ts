import type { TensorJob } from '../../convert/plan/tensor-job.ts';
import { FileRanges } from '../../convert/tensors/readers/file-ranges.ts';
import { ScratchMemory } from '../../convert/tensors/readers/scratch-memory.ts';
import { TileMemory } from '../../convert/tensors/readers/tile-memory.ts';
import type { RowCasts } from '../../convert/tensors/row-casts.ts';
import { writeTensor } from '../../convert/tensors/write-tensor.ts';
import { tensorType } from '../../gguf/tensor-types.ts';
import type { ConvertEvent, WriteJob } from '../../protocol/convert-job.ts';
import { readPlanFile } from './plan-file.ts';
import { ThreadedOutput } from './threaded-output.ts';

/** Tensors that are named in warnings; more of them say nothing new. */
const MOST_WARNINGS = 5;
/** Often enough for a progress bar. */
const PROGRESS_MS = 100;

/**
 * Writes the data of all tensors of a plan, and hashes the file.
 * @throws OllamaError `storage-full`; `invalid-request` when a source is shorter than it was; system errors
 */
export async function runWriteJob(
  job: WriteJob,
  casts: RowCasts,
  emit: (event: ConvertEvent) => void,
): Promise<ConvertEvent> {
  const { start, tensors } = await readPlanFile(job.planPath);
  const parts = { files: new FileRanges(), casts, scratch: new ScratchMemory(), tile: new TileMemory() };
  const output = new ThreadedOutput(
    { path: job.outputPath, dataOffset: start.dataOffset },
    progressEvents(emit),
  );
  const overflows: [tensor: TensorJob, count: number][] = [];
  for await (const tensor of tensors) {
    const count = await writeTensor(tensor, parts, output);
    if (count > 0) overflows.push([tensor, count]);
  }
  const digest = await output.finish();
  parts.files.close();
  return { kind: 'written', digest, size: output.size, warnings: warningsOf(overflows) };
}

function progressEvents(emit: (event: ConvertEvent) => void): (bytes: number) => void {
  let last = 0;
  return (completed) => {
    const now = performance.now();
    if (now - last < PROGRESS_MS) return;
    last = now;
    emit({ kind: 'progress', completed });
  };
}

function warningsOf(overflows: readonly (readonly [tensor: TensorJob, count: number])[]): string[] {
  const warnings = overflows.slice(0, MOST_WARNINGS).map(([{ name, type }, count]) => {
    const values = count === 1 ? '1 value of' : `${count} values of`;
    return `${values} tensor "${name}" cannot be represented as ${tensorType(type)?.name} and became infinite: use BF16`;
  });
  const more = overflows.length - warnings.length;
  if (more > 0) warnings.push(`the same is true of ${more} more tensors`);
  return warnings;
}
