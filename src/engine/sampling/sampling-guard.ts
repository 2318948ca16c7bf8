import type { Worker } from 'node:worker_threads';
import { startThread } from '../../base/program/programs.ts';

/** What the guard's thread shares with the sampling thread: the ID of the request (0 = none), and a count of changes. */
const FIELDS = 2;
const REQUEST = 0;
const CHANGES = 1;
/** Enough for a timer and a line of text, in MiB. */
const HEAP_MB = 8;

/**
 * Ends the process when one native call of a grammar does not return. Such a call cannot be interrupted, and the thread
 * that it blocks cannot report anything, so another thread watches it. The process is shared by all requests of the
 * model; the line that it leaves names the one request that was being sampled.
 */
export class SamplingGuard {
  readonly #shared = new Int32Array(new SharedArrayBuffer(FIELDS * Int32Array.BYTES_PER_ELEMENT));
  #worker: Worker | undefined;

  /** Must be called before the grammar of a request is used. @param id > 0 */
  enter(id: number): void {
    this.#worker ??= this.#start();
    Atomics.add(this.#shared, CHANGES, 1);
    Atomics.store(this.#shared, REQUEST, id);
  }

  leave(): void {
    Atomics.store(this.#shared, REQUEST, 0);
  }

  /** Started with the first grammar, because most processes never need it. */
  #start(): Worker {
    const worker = startThread('sampling-guard-thread', {
      workerData: this.#shared,
      // The options of the process may not suit a thread.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 1 },
    });
    worker.unref();
    // Without it, a hung call ends with the runner's time limit.
    worker.on('error', () => undefined);
    return worker;
  }
}
