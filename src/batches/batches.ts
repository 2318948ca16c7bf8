/** Batches of requests, which are answered while nobody waits for them: each owner's one after the other. */
import { readdir } from 'node:fs/promises';
import type { BatchObject, CreateBatchRequest } from '../api/batches.ts';
import type { Clock } from '../base/clock.ts';
import { messageOf, OllamaError } from '../base/errors.ts';
import type { TakeLock } from '../base/files/take-lock.ts';
import type { Logger } from '../base/logger.ts';
import { failureOf } from './batch-failure.ts';
import {
  type EndedBatches,
  newestFirst,
  readBatch,
  readBatches,
  removeBatch,
  saveBatch,
} from './batch-files.ts';
import { BatchJob, isOfTheDisk, type JobParts } from './batch-job.ts';
import { type BatchRecord, batchObject, isEnded } from './batch-record.ts';
import { FileStore } from './file-store.ts';
import {
  lineToGiveWay,
  lineToLeaveKey,
  lineToThinOut,
  type WaitingForKey,
  type WaitingRequest,
} from './give-way.ts';
import { type BatchLimits, batchLimits } from './limits.ts';
import { newRecord } from './new-record.ts';
import { sweepFolder } from './sweep-folder.ts';

export interface BatchesParts extends Pick<JobParts, 'check' | 'send' | 'linesAtOnce'> {
  /** Where the folders of the owners are. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lock: TakeLock;
  readonly isLocked: (path: string) => Promise<boolean>;
  /** The queue of the models. */
  readonly waiting: () => readonly WaitingRequest[];
  /** The requests that the limits of an owner's key keep back. */
  readonly waitingForKey: (owner: string) => readonly WaitingForKey[];
  /** Names of the models where people are answered beside more lines than should be. */
  readonly crowded: () => readonly string[];
  /** Whether two names are those of one model. */
  readonly isSame: (one: string, other: string) => boolean;
  readonly limits?: BatchLimits;
}

/** People notice half a second; looking costs microseconds. */
const LOOK_MS = 250;
/** After a full disk, and while another process works on a batch. */
const TRY_AGAIN_MS = 60_000;
const SWEEP_MS = 60 * 60_000;

export class Batches {
  readonly files: FileStore;
  readonly #parts: BatchesParts;
  readonly #limits: BatchLimits;
  /** Those that have not ended, the oldest first. */
  readonly #jobs = new Map<string, BatchJob>();
  readonly #working = new Map<BatchJob, Promise<void>>();
  /** Batches that are not worked on for a moment. */
  readonly #resting = new Set<BatchJob>();
  /** Batches that this server works on, and no other. */
  readonly #held = new Set<BatchJob>();
  /** Places of batches whose records are not saved yet. */
  readonly #creating = new Set<{ readonly owner: string }>();
  readonly #ended: EndedBatches = new Map();
  readonly #timers = new Set<() => void>();
  #isClosed = false;

  constructor(parts: BatchesParts) {
    this.#parts = parts;
    this.#limits = parts.limits ?? batchLimits;
    this.files = new FileStore({ ...parts, limits: this.#limits });
  }

  /** Goes on with the batches that a process before it has not finished. Never rejects. */
  async start(): Promise<void> {
    await this.#findUnfinished();
    this.#workOnNext();
    this.#every(LOOK_MS, () => this.#makeRoom());
    this.#every(TRY_AGAIN_MS, () => void this.#findUnfinished().then(() => this.#workOnNext()));
    this.#every(SWEEP_MS, () => void this.#sweep());
    void this.#sweep();
  }

  /** Finds what other servers with the same home folder have left, or leave one day. Never rejects. */
  async #findUnfinished(): Promise<void> {
    const owners = await readdir(this.#parts.folder).catch(() => []);
    const found: { owner: string; record: BatchRecord }[] = [];
    for (const owner of owners) {
      const records = await readBatches(this.files.folderOf(owner), this.#ended).catch(() => []);
      const unknown = records.filter((record) => !isEnded(record) && !this.#jobs.has(record.id));
      found.push(...unknown.map((record) => ({ owner, record })));
    }
    found.sort((one, other) => newestFirst(other.record, one.record));
    for (const { owner, record } of found) this.#add(owner, record);
    if (found.length > 0) this.#parts.logger.info('found unfinished batches', { count: found.length });
  }

  /** Stops the work; the next start goes on with it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const cancel of this.#timers) cancel();
    for (const job of this.#jobs.values()) job.stop('stopped');
    await Promise.all(this.#working.values());
  }

  /** @throws OllamaError `object-not-found` for the input, `rate-limited`, `storage-full`, `storage-read-only` */
  async create(owner: string, request: CreateBatchRequest): Promise<BatchObject> {
    const file = await this.files.get(owner, request.input_file_id);
    if (file.object.purpose !== 'batch') {
      throw new OllamaError(
        'invalid-request',
        'field "input_file_id": the file was not uploaded for a batch',
      );
    }
    const own = [...this.#jobs.values(), ...this.#creating].filter((job) => job.owner === owner);
    if (own.length >= this.#limits.unfinished) {
      const message = `${own.length} batches are not finished, the maximum: wait for one or cancel it`;
      throw new OllamaError('rate-limited', message);
    }
    const record = newRecord(request, this.#parts.clock.date());
    const place = { owner };
    this.#creating.add(place);
    try {
      const folder = this.files.folderOf(owner);
      await this.#forgetOldest(folder);
      await saveBatch(folder, record);
      this.#add(owner, record);
    } finally {
      this.#creating.delete(place);
    }
    this.#workOnNext();
    return batchObject(record);
  }

  /** @throws OllamaError `object-not-found` */
  async get(owner: string, id: string): Promise<BatchObject> {
    return batchObject(await this.#record(owner, id));
  }

  /** @returns the newest first */
  async list(owner: string): Promise<BatchObject[]> {
    const records = await readBatches(this.files.folderOf(owner), this.#ended);
    return records.map((record) => batchObject(this.#jobHeld(record.id)?.record ?? record));
  }

  /** Lines that are being answered are given up. A batch that has ended stays as it is. @throws OllamaError `object-not-found`, `invalid-request` */
  async cancel(owner: string, id: string): Promise<BatchObject> {
    const record = await this.#record(owner, id);
    if (isEnded(record)) {
      throw new OllamaError('invalid-request', `the batch has ended: its status is "${record.status}"`, {
        status: 409,
      });
    }
    const job = this.#jobs.get(id);
    const isHere = job && (this.#held.has(job) || !(await this.#parts.isLocked(job.lockPath)));
    if (!isHere) {
      const message = 'another server with the same home folder works on the batch: cancel it there';
      throw new OllamaError('invalid-request', message, { status: 409 });
    }
    if (!this.#held.has(job)) await job.reload();
    if (record.status !== 'cancelling' && record.status !== 'finalizing') await job.cancel();
    this.#workOnNext();
    return batchObject(job.record);
  }

  async #record(owner: string, id: string): Promise<BatchRecord> {
    const job = this.#jobHeld(id);
    if (job?.owner === owner) return job.record;
    const record = await readBatch(this.files.folderOf(owner), id);
    if (!record)
      throw new OllamaError('object-not-found', `there is no batch ${JSON.stringify(id.slice(0, 64))}`);
    return record;
  }

  /** A batch whose record here is newer than its file. */
  #jobHeld(id: string): BatchJob | undefined {
    const job = this.#jobs.get(id);
    return job && this.#held.has(job) ? job : undefined;
  }

  /** A batch that is being created may have been found in the folder meanwhile. */
  #add(owner: string, record: BatchRecord): void {
    if (this.#isClosed || this.#jobs.has(record.id)) return;
    this.#jobs.set(
      record.id,
      new BatchJob(owner, record, { ...this.#parts, files: this.files, limits: this.#limits }),
    );
  }

  #workOnNext(): void {
    const busy = new Set([...this.#working.keys()].map(({ owner }) => owner));
    for (const job of this.#jobs.values()) {
      if (this.#isClosed || this.#working.size >= this.#limits.running) return;
      // What is to be canceled, or whose time is over, needs no turn.
      const isFree = !busy.has(job.owner) || job.record.status === 'cancelling' || this.#isOver(job);
      if (!isFree || this.#working.has(job) || this.#resting.has(job)) continue;
      busy.add(job.owner);
      const work = this.#work(job).finally(() => {
        this.#working.delete(job);
        this.#workOnNext();
      });
      this.#working.set(job, work);
    }
  }

  /** Never rejects. */
  async #work(job: BatchJob): Promise<void> {
    const { logger, lock } = this.#parts;
    const { id } = job.record;
    try {
      const release = await lock(job.lockPath);
      if (!release) return this.#rest(job);
      this.#held.add(job);
      try {
        await this.#attempt(job);
      } finally {
        this.#held.delete(job);
        await release();
      }
    } catch (error) {
      logger.error('a batch waits', { batch: id, reason: messageOf(error) });
      this.#rest(job);
      return;
    }
    const { status, request_counts: counts } = job.record;
    if (!isEnded(job.record)) return;
    this.#jobs.delete(id);
    logger.info('a batch has ended', { batch: id, status, ...counts });
  }

  async #attempt(job: BatchJob): Promise<void> {
    if (!(await job.reload())) {
      this.#jobs.delete(job.record.id);
      return;
    }
    if (isEnded(job.record)) return;
    try {
      await job.work();
    } catch (error) {
      if (isOfTheDisk(error)) throw error;
      const { code, message } = failureOf(error);
      if (code === 'internal_error')
        this.#parts.logger.error('a batch has failed', { batch: job.record.id, reason: messageOf(error) });
      await job.fail(code, message);
    }
  }

  #isOver({ record }: BatchJob): boolean {
    return record.expires_at <= this.files.now;
  }

  #rest(job: BatchJob): void {
    this.#resting.add(job);
    const cancel = this.#parts.clock.after(TRY_AGAIN_MS, () => {
      this.#timers.delete(cancel);
      this.#resting.delete(job);
      this.#workOnNext();
    });
    this.#timers.add(cancel);
  }

  /** Lets one line give its place to people in the queue. */
  #makeRoom(): void {
    const runs = [...this.#working.keys()].flatMap(({ run }) => run ?? []);
    if (runs.length === 0) return;
    const waiting = this.#parts.waiting();
    const crowded = this.#parts.crowded();
    for (const run of runs) {
      const line =
        lineToLeaveKey(run.sent, this.#parts.waitingForKey(run.owner)) ??
        lineToGiveWay(run.sent, waiting, this.#parts.isSame) ??
        lineToThinOut(run.sent, waiting, crowded, this.#parts.isSame);
      if (!line) continue;
      run.giveWay(line.index);
      return;
    }
  }

  #every(milliseconds: number, work: () => void): void {
    const cancel = this.#parts.clock.after(milliseconds, () => {
      this.#timers.delete(cancel);
      if (this.#isClosed) return;
      work();
      this.#every(milliseconds, work);
    });
    this.#timers.add(cancel);
  }

  async #forgetOldest(folder: string): Promise<void> {
    const records = await readBatches(folder, this.#ended);
    for (const record of records.slice(this.#limits.kept - 1).filter(isEnded))
      await removeBatch(folder, record.id);
  }

  async #sweep(): Promise<void> {
    const owners = await readdir(this.#parts.folder).catch(() => []);
    for (const owner of owners) {
      await sweepFolder(this.files.folderOf(owner), this.files.now).catch((error: unknown) => {
        this.#parts.logger.warn('expired files of batches cannot be removed', { reason: messageOf(error) });
      });
    }
  }
}
