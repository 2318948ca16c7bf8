import { FileRanges } from '../../convert/tensors/readers/file-ranges.ts';
import { ScratchMemory } from '../../convert/tensors/readers/scratch-memory.ts';
import { TileMemory } from '../../convert/tensors/readers/tile-memory.ts';
import type { RowCasts } from '../../convert/tensors/row-casts.ts';
import { writeTensor } from '../../convert/tensors/write-tensor.ts';
import type { ConvertEvent, WriteJob } from '../../protocol/convert-job.ts';
import { readPlanFile } from './plan-file.ts';
import { ThreadedOutput } from './threaded-output.ts';
import { ValueWarnings } from './value-warnings.ts';

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
  const values = new ValueWarnings();
  for await (const tensor of tensors) values.add(tensor, await writeTensor(tensor, parts, output));
  const digest = await output.finish();
  parts.files.close();
  return { kind: 'written', digest, size: output.size, warnings: values.warnings };
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
