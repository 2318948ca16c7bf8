import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { createDeferred } from '../../base/deferred.ts';
import { throwIfCanceled } from '../../base/errors.ts';
import { openRegularFile } from '../../base/regular-file.ts';
import { MIB } from '../../base/units.ts';

/** Smaller files are hashed at the end, in less time than a thread takes to start. */
const MIN_THREAD_BYTES = 8 * MIB;
/** Minimum number of bytes between two messages to the thread. */
const ADVANCE_BYTES = 4 * MIB;
/** The thread keeps one buffer, which is not on its heap. */
const THREAD_LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 };

/** Plain JavaScript as text, so that it runs from the sources as well as from the compiled package. */
const threadSource = `
const { parentPort, workerData } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const { constants, openSync, readSync } = require('node:fs');
const file = openSync(workerData.path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
const buffer = Buffer.allocUnsafe(${MIB});
const hash = createHash('sha256');
let position = 0;
parentPort.on('message', ({ end, isLast }) => {
  while (position < end) {
    const bytes = readSync(file, buffer, 0, Math.min(buffer.length, end - position), position);
    if (bytes === 0) throw new Error('a partial file has become shorter');
    hash.update(buffer.subarray(0, bytes));
    position += bytes;
  }
  if (isLast) parentPort.postMessage(hash.digest('hex'));
});
`;

/**
 * Computes the SHA-256 of a file that is still being written. A thread hashes the complete prefix as it grows, usually
 * from the system's cache, so that little is left to do when the last byte arrives.
 */
export class PrefixHash {
  readonly #path: string;
  readonly #size: number;
  readonly #worker: Worker | undefined;
  readonly #result = createDeferred<string>();
  #told = 0;

  constructor(path: string, size: number) {
    this.#path = path;
    this.#size = size;
    if (size < MIN_THREAD_BYTES) return;
    this.#worker = new Worker(threadSource, {
      eval: true,
      workerData: { path },
      resourceLimits: THREAD_LIMITS,
    });
    this.#worker.on('message', this.#result.resolve);
    this.#worker.on('error', this.#result.reject);
    this.#worker.on('exit', () => this.#result.reject(new Error('the hashing thread exited')));
  }

  /** @param end bytes from the file's start that will not change any more */
  advance(end: number): void {
    if (end - this.#told < ADVANCE_BYTES) return;
    this.#told = end;
    this.#worker?.postMessage({ end, isLast: false });
  }

  /**
   * Call this once, when the file is complete.
   * @returns hex digits
   * @throws OllamaError `canceled`
   */
  async digest(signal: AbortSignal): Promise<string> {
    throwIfCanceled(signal);
    if (!this.#worker) return await this.#hashHere();
    const cancel = () => void this.close();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      this.#worker.postMessage({ end: this.#size, isLast: true });
      return await this.#result.promise;
    } catch (error) {
      throwIfCanceled(signal);
      throw error;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #hashHere(): Promise<string> {
    const hash = createHash('sha256');
    const file = await openRegularFile(this.#path);
    for await (const chunk of file.createReadStream()) hash.update(chunk);
    return hash.digest('hex');
  }
}
