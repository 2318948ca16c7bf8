import { createHash } from 'node:crypto';
import { KIB } from '../../base/units.ts';
import { isComplete, type Part } from './part-plan.ts';
import type { PartialFile } from './partial-file.ts';

/** Maximum bytes that one connection may keep in memory in addition to the chunks being written. */
const MAX_QUEUED_BYTES = 128 * KIB;

/**
 * Accepts a part's bytes as they arrive: hashes and writes them, then records the part's progress. During a write, chunks
 * collect for the next one; beyond a limit the sender has to wait.
 */
export class PartSink {
  readonly #part: Part;
  readonly #file: PartialFile;
  readonly #onWritten: (bytes: number) => void;
  /** Bytes still to arrive that are already on disk. */
  #skip: number;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param from position in the blob at which the byte stream starts, or enters this part */
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

  /** Waits until all accepted bytes are on disk. */
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
      // The hash no longer matches what is on disk.
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
