import type { Worker } from 'node:worker_threads';
import { explainStorageError } from '../../base/atomic-file.ts';
import { createDeferred, type Deferred } from '../../base/deferred.ts';
import { startThread } from '../../base/program/programs.ts';
import { MIB } from '../../base/units.ts';
import type { OutputStream } from '../../convert/tensors/output-stream.ts';
import type { OutputFrame, OutputReply, OutputTask } from './output-frames.ts';

/** Large enough that messages cost nothing beside their bytes. */
const MEMORY_BYTES = 2 * MIB;
/** One is filled, one is written, and one waits for either. */
const MEMORIES = 3;
/** Memory begins at the same place within so many bytes as the file does, so that numbers lie where processors want them. */
const PLACES = 64;
/** Enough for messages and a hash, in MiB. */
const HEAP_MB = 16;

/** Appends to a file in a second thread, which hashes what it writes. */
export class ThreadedOutput implements OutputStream {
  readonly #path: string;
  readonly #worker: Worker;
  readonly #onProgress: (bytes: number) => void;
  readonly #free: ArrayBuffer[] = [];
  readonly #digest = createDeferred<string>();
  #waiting: Deferred<ArrayBuffer> | undefined;
  #made = 0;
  #failure: unknown;
  /** Bytes of the file, those in memory included. */
  #size: number;
  #memory: ArrayBuffer | undefined;
  #start = 0;
  #length = 0;

  /** @param onProgress called with the bytes that were written, the start included */
  constructor(task: OutputTask, onProgress: (bytes: number) => void) {
    this.#path = task.path;
    this.#size = task.dataOffset;
    this.#onProgress = onProgress;
    this.#worker = startThread('output-thread', {
      workerData: task,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 2 },
    });
    this.#worker.on('message', (reply: OutputReply) => this.#receive(reply));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#digest.promise.catch(() => undefined);
  }

  /** Bytes appended so far, those before the first tensor included. */
  get size(): number {
    return this.#size;
  }

  async room(bytes: number): Promise<Uint8Array> {
    if (this.#memory && this.#rest() >= bytes) return this.#view(this.#memory);
    this.#send();
    const memory = await this.#take();
    this.#memory = memory;
    this.#start = this.#size % PLACES;
    this.#length = 0;
    return this.#view(memory);
  }

  commit(bytes: number): void {
    this.#length += bytes;
    this.#size += bytes;
  }

  /** @returns the digest of the whole file, in the form sha256:…, when it is on the disk */
  async finish(): Promise<string> {
    this.#send();
    this.#post({ kind: 'finish' });
    try {
      return await this.#digest.promise;
    } finally {
      await this.#worker.terminate();
    }
  }

  #rest(): number {
    return MEMORY_BYTES - this.#start - this.#length;
  }

  #view(memory: ArrayBuffer): Uint8Array {
    return new Uint8Array(memory, this.#start + this.#length, this.#rest());
  }

  #send(): void {
    const memory = this.#memory;
    this.#memory = undefined;
    if (!memory) return;
    if (this.#length === 0) this.#free.push(memory);
    else this.#post({ kind: 'append', memory, start: this.#start, length: this.#length }, [memory]);
  }

  #post(frame: OutputFrame, lent: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(frame, lent);
  }

  async #take(): Promise<ArrayBuffer> {
    if (this.#failure !== undefined) throw this.#failure;
    const free = this.#free.pop();
    if (free) return free;
    if (this.#made < MEMORIES) {
      this.#made += 1;
      return new ArrayBuffer(MEMORY_BYTES);
    }
    this.#waiting = createDeferred<ArrayBuffer>();
    return this.#waiting.promise;
  }

  #receive(reply: OutputReply): void {
    if (reply.kind === 'finished') this.#digest.resolve(reply.digest);
    else if (reply.kind === 'failed')
      this.#fail(Object.assign(new Error(reply.message), { code: reply.code }));
    else {
      this.#onProgress(reply.size);
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting) waiting.resolve(reply.memory);
      else this.#free.push(reply.memory);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= explainStorageError(error, this.#path);
    this.#waiting?.reject(this.#failure);
    this.#digest.reject(this.#failure);
  }
}
