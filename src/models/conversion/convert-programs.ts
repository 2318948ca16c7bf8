import type { ConvertReport } from '../../convert/plan/convert-plan.ts';
import type { PlanJob, WriteJob } from '../../protocol/convert-job.ts';

interface PlannedFile {
  /** Bytes that the output will have. */
  readonly total: number;
  readonly report: ConvertReport;
}

export interface WrittenFile {
  /** SHA-256 of the whole file, in the form sha256:… */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** What was noticed only while values were converted, each a status line of its own. */
  readonly warnings: readonly string[];
}

/** Runs the two processes of a conversion. Each resolves or rejects only after its process has exited. */
export interface ConvertPrograms {
  /** @throws OllamaError `invalid-request` for a folder that cannot be converted, `runner-failed`, `storage-full`, `canceled` */
  plan(job: PlanJob, signal: AbortSignal): Promise<PlannedFile>;
  /** @throws OllamaError `runner-failed`, `storage-full`, `canceled` */
  write(job: WriteJob, signal: AbortSignal, onProgress: (bytes: number) => void): Promise<WrittenFile>;
}
