import { type Bindings, callAsync, type NativeBatch, type Pointer } from '../native/bindings.ts';
import { createIdleCores, readFreeCores } from '../threads/processor-load.ts';
import { ThreadGovernor } from '../threads/thread-governor.ts';
import { startTime } from '../threads/time-spent.ts';
import { AbortSwitch } from './abort-switch.ts';

/** Returned by llama_decode after an abort that we requested. */
export const DECODE_ABORTED = 2;
/** Returned by llama_decode when the KV cache has no room for the batch. */
export const DECODE_NO_ROOM = 1;

/** Calls `llama_decode` on the right thread, with the right number of threads, and in a way that can be cut short. */
export class Decoder {
  readonly #bindings: Bindings;
  readonly #context: Pointer;
  readonly #abort: AbortSwitch;
  readonly #governor: ThreadGovernor;
  /** Number of threads on an idle machine. */
  readonly #most: number;
  readonly #onStep: () => void;
  #threads: number;
  /** Whether the next decode is the first of a busy period. A period without a decode need not look at the machine. */
  #isFirst = true;

  /** @param onStep called after each decode */
  constructor(bindings: Bindings, context: Pointer, threads: number, onStep: () => void = () => undefined) {
    this.#onStep = onStep;
    this.#bindings = bindings;
    this.#context = context;
    this.#abort = new AbortSwitch(bindings, context);
    this.#governor = new ThreadGovernor(threads, createIdleCores(), readFreeCores());
    this.#most = threads;
    this.#threads = threads;
  }

  /** Number of threads of the last decode. */
  get threads(): number {
    return this.#threads;
  }

  /** Must be called when work starts after an idle period. */
  begin(): void {
    this.#isFirst = true;
  }

  /** Makes a decode that runs on a worker thread return `DECODE_ABORTED` soon. */
  abort(): void {
    this.#abort.trigger();
  }

  /**
   * @param onWorker whether JavaScript continues meanwhile, so that an abort can arrive; short steps are quicker
   * without a worker
   * @param allThreads whether to use all threads, however busy the machine is
   * @returns llama_decode's code, 0 for success
   */
  async decode(batch: NativeBatch, onWorker: boolean, allThreads = false): Promise<number> {
    this.#abort.reset();
    if (this.#isFirst) this.#governor.begin(readFreeCores());
    this.#isFirst = false;
    this.#applyThreads(allThreads ? this.#most : this.#governor.threads);
    const timeSpent = startTime();
    const code = onWorker
      ? await callAsync(this.#bindings.decode, this.#context, batch)
      : this.#bindings.decode(this.#context, batch);
    this.#onStep();
    if (!allThreads) this.#governor.record(timeSpent());
    return code;
  }

  #applyThreads(threads: number): void {
    if (threads === this.#threads) return;
    this.#threads = threads;
    this.#bindings.setThreads(this.#context, threads, threads);
  }
}
