import { createHash } from 'node:crypto';
import { isComplete, type Part } from './part-plan.ts';
import type { PartialFile } from './partial-file.ts';

/** What one connection may hold in memory beside the chunks being written, bytes. */
const MAX_QUEUED_BYTES = 128 * 1024;

/**
 * Takes a part's bytes as they come: hashes and writes them, then notes how far the part is. While one write is under
 * way, chunks gather for the next; beyond a bound the sender has to wait.
 */
export class PartSink {
  readonly #part: Part;
  readonly #file: PartialFile;
  readonly #onWritten: (bytes: number) => void;
  /** Bytes on their way that are on disk already. */
  #skip: number;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param from the blob's byte with which the stream of bytes begins, or goes on into this part */
  constructor(part: Part, from: number, file: PartialFile, onWritten: (bytes: number) => void) {
    this.#part = part;
    this.#file = file;
    this.#onWritten = onWritten;
    this.#skip = part.start + part.completed - from;
    if (part.completed === 0) part.running = createHash('sha256');
  }

  async accept(bytes: Uint8Array): Promise<void> {
    const skipped = Math.min(this.#skip, bytes.length);
    this.#skip -= skipped;
    if (skipped === bytes.length) return;
    const chunk = bytes.subarray(skipped);
    this.#part.running?.update(chunk);
    this.#queue.push(chunk);
    this.#queued += chunk.length;
    this.#writing ??= this.#writeQueue();
    if (this.#queued > MAX_QUEUED_BYTES) await this.#writing;
    this.#throwFailure();
  }

  /** Waits until everything accepted is on disk. */
  async flush(): Promise<void> {
    await this.#writing;
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }

  async #writeQueue(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const chunks = this.#queue;
        const bytes = this.#queued;
        this.#queue = [];
        this.#queued = 0;
        await this.#file.write(chunks, this.#part.start + this.#part.completed);
        this.#part.completed += bytes;
        if (isComplete(this.#part)) this.#keepHash();
        await this.#file.record(this.#part);
        this.#onWritten(bytes);
      }
    } catch (error) {
      this.#failure = { error };
      // What was hashed is no longer what is on disk.
      this.#part.running = undefined;
    } finally {
      this.#writing = undefined;
    }
  }

  #keepHash(): void {
    this.#part.hash = this.#part.running?.digest('hex');
    this.#part.running = undefined;
  }
}
