import { open } from 'node:fs/promises';
import { explainStorageError } from '../../base/atomic-file.ts';
import { planAdapter } from '../../convert/adapter/plan-adapter.ts';
import type { ConvertPlan, OutputType } from '../../convert/plan/convert-plan.ts';
import { planConversion } from '../../convert/plan/plan-conversion.ts';
import { checkTensorJobs, tensorBytes } from '../../convert/tensors/check-tensor-jobs.ts';
import { withPreTokenizer } from '../../convert/tokenizer/with-pre-tokenizer.ts';
import { DEFAULT_ALIGNMENT } from '../../gguf/limits.ts';
import { encodeGgufStart } from '../../gguf/writer.ts';
import type { ConvertEvent, PlanJob } from '../../protocol/convert-job.ts';
import type { Bindings } from '../native/bindings.ts';
import { boundedReport } from './bounded-report.ts';
import { checkVocabulary } from './check-vocabulary.ts';
import { writePlanFile } from './plan-file.ts';

/**
 * Plans a conversion, proves its tokenizer, and writes everything but the data of the tensors.
 * @throws OllamaError `invalid-request` for a folder that cannot be converted, `storage-full`
 */
export async function runPlanJob(job: PlanJob, bindings: Bindings): Promise<ConvertEvent> {
  const plan = await checkedPlan(await planOf(job), job, bindings);
  checkTensorJobs(plan.tensors);
  const tensors = plan.tensors.map((tensor) => ({ ...tensor, byteSize: tensorBytes(tensor) }));
  const metadata = Object.fromEntries(plan.metadata);
  const start = encodeGgufStart({ metadata, tensors, littleEndian: true });
  const total = tensors.reduce((sum, { byteSize }) => sum + padded(byteSize), start.length);
  await writeStart(job.outputPath, start, total);
  await writePlanFile(job.planPath, { dataOffset: start.length, total }, plan.tensors).catch(
    (error: unknown) => {
      throw explainStorageError(error, job.planPath);
    },
  );
  return { kind: 'planned', total, report: boundedReport(plan.report) };
}

function planOf({ files, basePath, type }: PlanJob): Promise<ConvertPlan> {
  const output = { type: type as OutputType };
  return basePath === undefined ? planConversion(files, output) : planAdapter(files, { ...output, basePath });
}

/** Compares the tokens of the engine with those of the folder's tokenizer, and names the pre-tokenizer. */
async function checkedPlan(plan: ConvertPlan, job: PlanJob, bindings: Bindings): Promise<ConvertPlan> {
  const { metadata, vocabulary, report } = plan;
  if (!vocabulary) return plan;
  const check = { bindings, metadata, vocabulary, path: job.planPath };
  const { preTokenizer, warnings } = await checkVocabulary(check);
  return {
    ...plan,
    metadata: preTokenizer === undefined ? metadata : withPreTokenizer(metadata, preTokenizer),
    report: { ...report, warnings: [...report.warnings, ...warnings] },
  };
}

/** The file gets its whole length at once: a gap that takes no room on most file systems. */
async function writeStart(path: string, start: Uint8Array, total: number): Promise<void> {
  try {
    const file = await open(path, 'w');
    try {
      await file.writeFile(start);
      await file.truncate(total);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw explainStorageError(error, path);
  }
}

function padded(bytes: number): number {
  return Math.ceil(bytes / DEFAULT_ALIGNMENT) * DEFAULT_ALIGNMENT;
}
