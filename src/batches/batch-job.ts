/** The work on one batch, from its input to its results. Every step can be repeated after the process was killed. */
import { lstat } from 'node:fs/promises';
import type { BatchStatus } from '../api/batches.ts';
import type { Clock } from '../base/clock.ts';
import { OllamaError } from '../base/errors.ts';
import { hasRecord, readBatch, removeWork, saveBatch, type WorkPaths, workPaths } from './batch-files.ts';
import type { BatchRecord } from './batch-record.ts';
import { BatchRun, type RunEnd } from './batch-run.ts';
import type { FileStore } from './file-store.ts';
import { newFileId } from './ids.ts';
import type { BatchLimits } from './limits.ts';
import { PreparedInput } from './prepared-input.ts';
import { ResultFile } from './result-file.ts';
import type { LinesAtOnce, SendLine } from './send-line.ts';
import type { InputCheck } from './work/batch-work.ts';

export interface JobParts {
  readonly files: FileStore;
  readonly check: InputCheck;
  readonly send: SendLine;
  readonly linesAtOnce: LinesAtOnce;
  readonly clock: Clock;
  readonly limits: BatchLimits;
}

const SECOND_MS = 1000;
const endOf = { done: 'completed', expired: 'expired' } as const;

export class BatchJob {
  readonly owner: string;
  readonly #parts: JobParts;
  readonly #folder: string;
  readonly #paths: WorkPaths;
  readonly #abort = new AbortController();
  #record: BatchRecord;
  #run: BatchRun | undefined;
  #wanted: Exclude<RunEnd, 'done'> | undefined;
  /** Records are saved one after the other. */
  #saved: Promise<void> = Promise.resolve();

  constructor(owner: string, record: BatchRecord, parts: JobParts) {
    this.owner = owner;
    this.#record = record;
    this.#parts = parts;
    this.#folder = parts.files.folderOf(owner);
    this.#paths = workPaths(this.#folder, record.id);
  }

  get record(): BatchRecord {
    return this.#record;
  }

  get lockPath(): string {
    return this.#paths.lock;
  }

  /** The run of its lines, while there is one. */
  get run(): BatchRun | undefined {
    return this.#run;
  }

  /** Ends the work early; `stopped` leaves the batch as it is. */
  stop(end: Exclude<RunEnd, 'done'>): void {
    this.#wanted ??= end;
    this.#run?.stop(end);
    if (end !== 'expired') this.#abort.abort();
  }

  /** Notes that the batch is to be canceled, whether somebody works on it or not. @throws OllamaError of a disk */
  async cancel(): Promise<void> {
    await this.#change({ status: 'cancelling', cancelling_at: this.#parts.files.now });
    this.stop('cancelled');
  }

  /**
   * Takes over what another server has made of the batch meanwhile.
   * @returns false for a batch that was removed @throws Error for a record that cannot be read
   */
  async reload(): Promise<boolean> {
    const known = this.#record;
    await this.#saved.catch(() => undefined);
    const found = await readBatch(this.#folder, known.id);
    if (!found && !(await hasRecord(this.#folder, known.id))) return false;
    if (!found) throw new Error('the record of the batch cannot be read');
    if (this.#record === known) this.#record = found;
    return true;
  }

  /** @throws OllamaError `storage-full`, `storage-read-only`: the work can be tried again */
  async work(): Promise<void> {
    const cancelExpiry = this.#expireInTime();
    try {
      if (this.#record.status === 'validating') await this.#check();
      if (this.#record.status === 'in_progress' || this.#record.status === 'cancelling') await this.#answer();
      if (this.#record.status === 'finalizing') await this.#finalize(this.#record.end ?? 'completed');
    } catch (error) {
      if (this.#wanted === 'stopped') return;
      if (this.#wanted !== 'cancelled') throw error;
      await this.#mendResults();
      await this.#finalize('cancelled');
    } finally {
      cancelExpiry();
    }
  }

  /** Ends a batch that cannot be worked on, with the results that there are. */
  async fail(code: string, message: string): Promise<void> {
    const data = [{ code, message, param: null, line: null }];
    await this.#mendResults();
    await this.#finalize('failed', { errors: { object: 'list', data } });
  }

  #expireInTime(): () => void {
    const left = this.#record.expires_at * SECOND_MS - this.#parts.clock.date();
    if (left > 0) return this.#parts.clock.after(left, () => this.stop('expired'));
    this.stop('expired');
    return () => undefined;
  }

  async #check(): Promise<void> {
    const { files, check, limits } = this.#parts;
    const { endpoint, input_file_id: id } = this.#record;
    const from = (await files.get(this.owner, id)).path;
    const input = {
      from,
      to: this.#paths.lines,
      endpoint,
      maxLines: limits.lines,
      maxLineBytes: limits.lineBytes,
    };
    const { total, problems } = await check(input, this.owner, this.#abort.signal);
    if (problems.length > 0) {
      await removeWork(this.#folder, this.#record.id);
      const errors = { object: 'list' as const, data: [...problems] };
      await this.#change({ status: 'failed', failed_at: files.now, errors });
      return;
    }
    const request_counts = { total, completed: 0, failed: 0 };
    await this.#change({ status: 'in_progress', in_progress_at: files.now, request_counts });
  }

  async #answer(): Promise<void> {
    if (this.#record.status === 'cancelling') {
      await this.#mendResults();
      return this.#finalize('cancelled');
    }
    const input = await PreparedInput.open(this.#paths.lines);
    const opened: ResultFile[] = [];
    try {
      const replies = await ResultFile.open(this.#paths.replies);
      opened.push(replies);
      const errors = await ResultFile.open(this.#paths.errors);
      opened.push(errors);
      const { total } = this.#record.request_counts;
      this.#count({ total, completed: replies.answered.size, failed: errors.answered.size });
      const end = await this.#runLines(input, replies, errors);
      if (end === 'stopped') return;
      if (end === 'cancelled') await this.#change({ status: 'cancelling' });
      else await this.#change({ status: 'finalizing', end: endOf[end] });
      await this.#finalize(end === 'cancelled' ? 'cancelled' : endOf[end]);
    } finally {
      await input.close();
      for (const file of opened) await file.close();
    }
  }

  async #runLines(input: PreparedInput, replies: ResultFile, errors: ResultFile): Promise<RunEnd> {
    const {
      id,
      endpoint,
      request_counts: { total },
    } = this.#record;
    const { send, linesAtOnce, clock } = this.#parts;
    const onResult = (isError: boolean) => {
      const { total, completed, failed } = this.#record.request_counts;
      this.#count({ total, completed: completed + (isError ? 0 : 1), failed: failed + (isError ? 1 : 0) });
    };
    const own = { id, endpoint, total, owner: this.owner, onResult };
    this.#run = new BatchRun({ ...own, input, replies, errors, send, linesAtOnce, clock });
    if (this.#wanted) this.#run.stop(this.#wanted);
    try {
      return await this.#run.run();
    } finally {
      this.#run = undefined;
    }
  }

  #count(counts: BatchRecord['request_counts']): void {
    this.#record = { ...this.#record, request_counts: counts };
  }

  /** A process that was killed, or a full disk, may have left a torn line. What is no file of results becomes none. */
  async #mendResults(): Promise<void> {
    for (const path of [this.#paths.replies, this.#paths.errors]) {
      if ((await sizeOf(path)) > 0) await ResultFile.mend(path);
    }
  }

  /** Makes files of the results. The IDs are saved first, so that a repetition makes no others. */
  async #finalize(end: BatchStatus, more: Partial<BatchRecord> = {}): Promise<void> {
    const { files } = this.#parts;
    const { id, output_life: life, output_file_id: output, error_file_id: error } = this.#record;
    const hasReplies = output !== null || (await sizeOf(this.#paths.replies)) > 0;
    const hasErrors = error !== null || (await sizeOf(this.#paths.errors)) > 0;
    const named = {
      output_file_id: hasReplies ? (output ?? newFileId()) : null,
      error_file_id: hasErrors ? (error ?? newFileId()) : null,
    };
    await this.#change({ ...named, finalizing_at: this.#record.finalizing_at ?? files.now });
    const adopt = async (fileId: string | null, from: string, kind: string) => {
      if (fileId !== null)
        await files.adopt(this.owner, from, { id: fileId, filename: `${id}_${kind}.jsonl`, life });
    };
    await adopt(named.output_file_id, this.#paths.replies, 'output');
    await adopt(named.error_file_id, this.#paths.errors, 'error');
    await removeWork(this.#folder, id);
    await this.#change({ ...more, status: end, [`${end}_at`]: files.now });
  }

  /** @throws OllamaError of a disk */
  #change(changes: Partial<BatchRecord>): Promise<void> {
    this.#record = { ...this.#record, ...changes };
    const record = this.#record;
    this.#saved = this.#saved.catch(() => undefined).then(() => saveBatch(this.#folder, record));
    return this.#saved;
  }
}

async function sizeOf(path: string): Promise<number> {
  const facts = await lstat(path).catch(() => undefined);
  return facts?.isFile() ? facts.size : 0;
}

/** Whether another attempt may succeed, when somebody has made room. */
export function isOfTheDisk(error: unknown): boolean {
  return (
    error instanceof OllamaError && (error.code === 'storage-full' || error.code === 'storage-read-only')
  );
}
