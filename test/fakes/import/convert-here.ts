/** Conversions in this process: both jobs of the real one, without its second thread. */
import { open, writeFile } from 'node:fs/promises';
import type { OutputType } from '../../../src/convert/plan/convert-plan.ts';
import { planConversion } from '../../../src/convert/plan/plan-conversion.ts';
import type { TensorJob } from '../../../src/convert/plan/tensor-job.ts';
import type { SourceFile } from '../../../src/convert/source-file.ts';
import { tensorBytes } from '../../../src/convert/tensors/check-tensor-jobs.ts';
import { FileRanges } from '../../../src/convert/tensors/readers/file-ranges.ts';
import { ScratchMemory } from '../../../src/convert/tensors/readers/scratch-memory.ts';
import { TileMemory } from '../../../src/convert/tensors/readers/tile-memory.ts';
import { writeTensor } from '../../../src/convert/tensors/write-tensor.ts';
import { readPlanFile } from '../../../src/engine/convert/plan-file.ts';
import { runPlanJob } from '../../../src/engine/convert/run-plan-job.ts';
import { tensorType } from '../../../src/gguf/tensor-types.ts';
import { shortHash } from './describe-value.ts';
import { MemoryOutput } from './memory-output.ts';
import { bindings, casts } from './native-engine.ts';

interface Target {
  readonly path: string;
  readonly type: OutputType;
  /** For an adapter: the file of the model that it is for. */
  readonly basePath?: string;
}

/** Writes the GGUF file of a folder, and its plan beside it. */
export async function convertHere(files: readonly SourceFile[], target: Target): Promise<void> {
  const planPath = `${target.path}.plan`;
  await writeFile(planPath, '');
  await runPlanJob({ kind: 'plan', files, outputPath: target.path, planPath, ...target }, bindings);
  const { start, tensors } = await readPlanFile(planPath);
  const parts = tensorParts();
  const output = new MemoryOutput();
  for await (const tensor of tensors) await writeTensor(tensor, parts, output);
  parts.files.close();
  const file = await open(target.path, 'r+');
  await file.write(output.bytes, 0, output.bytes.length, start.dataOffset);
  await file.close();
}

/**
 * Converts only the tensors of a folder.
 * @returns name, type, shape and hash of each, in the form of the fixtures
 */
export async function convertTensorsHere(files: readonly SourceFile[], type: OutputType): Promise<unknown[]> {
  const { tensors } = await planConversion(files, { type });
  const parts = tensorParts();
  const rows: unknown[] = [];
  for (const tensor of tensors) rows.push(await tensorRow(tensor, parts));
  parts.files.close();
  return rows;
}

function tensorParts() {
  return { files: new FileRanges(), casts, scratch: new ScratchMemory(), tile: new TileMemory() };
}

/** The output is padded to whole units of the file, which belong to no tensor. */
async function tensorRow(tensor: TensorJob, parts: ReturnType<typeof tensorParts>): Promise<unknown[]> {
  const output = new MemoryOutput();
  await writeTensor(tensor, parts, output);
  const bytes = output.bytes.subarray(0, tensorBytes(tensor));
  return [tensor.name, tensorType(tensor.type)?.name, tensor.shape, shortHash(bytes)];
}
