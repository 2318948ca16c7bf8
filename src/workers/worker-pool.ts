import type { Clock } from '../base/clock.ts';
import { createDeferred, type Deferred } from '../base/deferred.ts';
import { type ErrorCode, messageOf, OllamaError, throwIfCanceled } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { FairLine } from './fair-line.ts';
import {
  GIVES_WAY_AFTER_MS,
  IDLE_MS,
  MAX_WAITING,
  MAX_WAITING_OF_OWNER,
  type PoolLimits,
  SLOW_FAILURE_MS,
  START_LIMIT_MS,
  textLimits,
} from './limits.ts';
import { watchMemory } from './memory-watch.ts';
import { Overruns, type Recognizable } from './overruns.ts';
import { WorkerGone, WorkerProcess } from './worker-process.ts';

/** One piece of work for a worker. */
export interface Work extends Recognizable {
  /** Structured-clonable. */
  readonly input: unknown;
  /** For whom it is done: owners take turns. */
  readonly owner: string;
  /** What a worker keeps of the input is used for work with the same salt only; absent = for all other without one. */
  readonly salt?: string | undefined;
  /** Milliseconds after which its process is killed. */
  readonly limitMs: number;
  /** What it is, for people: "the template of the request". */
  readonly subject: string;
  /** The code of the error if it exceeds a limit: whose fault that is. */
  readonly blame: Extract<ErrorCode, 'invalid-request' | 'internal'>;
  readonly signal?: AbortSignal | undefined;
  /** What to do if it exceeds a limit; "make it simpler" if absent. */
  readonly advice?: string;
  /** Whether a canceled one ends its worker: for work that takes so long that it would keep others waiting. */
  readonly endsWithSignal?: boolean;
}

interface PoolParts {
  /** Path of a program that calls `serveTasks`. */
  readonly program: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Those of templates if absent. */
  readonly limits?: PoolLimits;
}

interface Waiting extends Work {
  readonly result: Deferred<unknown>;
  /** Whether a worker already died of an unknown cause while it had this work. */
  isSecondAttempt: boolean;
}

interface IdleWorker {
  readonly worker: WorkerProcess;
  readonly cancelEnd: () => void;
}

/**
 * Runs work whose cost is chosen by whoever sent it, in a few processes, so that nothing it does can stall or end the
 * server. Processes are started when there is work for them. The one used last is used next, since it has the most in
 * its caches.
 */
export class WorkerPool {
  readonly #parts: PoolParts;
  readonly #limits: PoolLimits;
  readonly #line: FairLine<Waiting>;
  readonly #overruns: Overruns;
  /** The worker used last comes last. */
  readonly #idle: IdleWorker[] = [];
  readonly #busy = new Set<WorkerProcess>();
  #isClosed = false;

  constructor(parts: PoolParts) {
    this.#parts = parts;
    this.#limits = parts.limits ?? textLimits;
    this.#line = new FairLine(this.#limits.workersOfOwner);
    this.#overruns = new Overruns(parts.clock);
  }

  /**
   * @returns what the task returned
   * @throws the task's own error; OllamaError of the work's `blame` when it exceeds the limit of time or memory, now or
   * within the last minute; `busy` when too much work waits; `canceled`
   */
  async run(work: Work): Promise<unknown> {
    const overrun = this.#overruns.find(work);
    if (overrun) throw overrun;
    throwIfCanceled(work.signal);
    if (this.#isClosed) throw shuttingDown();
    if (this.#line.length >= MAX_WAITING || this.#line.waitingOf(work.owner) >= MAX_WAITING_OF_OWNER) {
      throw new OllamaError('busy', 'too much work waits for the worker processes: try again later');
    }
    const waiting: Waiting = { ...work, result: createDeferred(), isSecondAttempt: false };
    const onAbort = () => {
      this.#line.remove(waiting);
      waiting.result.reject(new OllamaError('canceled', 'request canceled'));
    };
    work.signal?.addEventListener('abort', onAbort, { once: true });
    this.#line.add(waiting);
    this.#assign();
    try {
      return await waiting.result.promise;
    } finally {
      work.signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Ends all workers. Work that waits or runs is canceled. */
  close(): void {
    this.#isClosed = true;
    for (const { worker, cancelEnd } of this.#idle.splice(0)) {
      cancelEnd();
      worker.kill();
    }
    for (const worker of this.#busy) worker.kill();
    for (const waiting of this.#line.clear()) waiting.result.reject(shuttingDown());
  }

  #assign(): void {
    while (!this.#isClosed && this.#busy.size < this.#limits.workers) {
      const next = this.#line.take();
      if (!next) return;
      const worker = this.#tryTakingWorker(next);
      if (worker) void this.#work(worker, next);
    }
  }

  /** Starting a process fails where memory is full, for example. @returns undefined if it failed, and so did the work */
  #tryTakingWorker(work: Waiting): WorkerProcess | undefined {
    try {
      return this.#takeWorker();
    } catch (error) {
      this.#line.finished(work);
      const message = `unable to start a worker process: ${messageOf(error)}; try again later`;
      work.result.reject(new OllamaError('busy', message, { cause: error }));
      return undefined;
    }
  }

  #takeWorker(): WorkerProcess {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      idle.cancelEnd();
      if (idle.worker.isUsable) return idle.worker;
    }
    return new WorkerProcess(this.#parts.program, this.#limits.heapMb);
  }

  /** Never rejects. */
  async #work(worker: WorkerProcess, work: Waiting): Promise<void> {
    this.#busy.add(worker);
    try {
      await this.#untilReady(worker);
      work.result.resolve(await this.#withinLimit(worker, work));
    } catch (error) {
      if (this.#shouldRepeat(error, work)) {
        work.isSecondAttempt = true;
        this.#line.add(work);
      } else {
        work.result.reject(this.#isClosed ? shuttingDown() : error);
      }
    } finally {
      this.#busy.delete(worker);
      this.#line.finished(work);
      this.#release(worker);
      this.#assign();
    }
  }

  async #untilReady(worker: WorkerProcess): Promise<void> {
    const cancel = this.#parts.clock.after(START_LIMIT_MS, () => worker.kill());
    try {
      await worker.ready;
    } finally {
      cancel();
    }
  }

  async #withinLimit(worker: WorkerProcess, work: Waiting): Promise<unknown> {
    const { clock } = this.#parts;
    const started = clock.now();
    let isOverTime = false;
    let isOverMemory = false;
    const cancelWatch = watchMemory(clock, worker.pid, this.#limits.residentMb, () => {
      isOverMemory = true;
      worker.kill();
    });
    const cancelWay = clock.after(GIVES_WAY_AFTER_MS, () => worker.giveWay());
    const cancelEnd = clock.after(work.limitMs, () => {
      isOverTime = true;
      worker.kill();
    });
    const { signal } = work;
    const onAbort = () => work.endsWithSignal && worker.kill();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      throwIfCanceled(signal);
      return await worker.run({ name: work.name, input: work.input, salt: work.salt });
    } catch (error) {
      if (work.endsWithSignal) throwIfCanceled(signal);
      isOverMemory ||= error instanceof WorkerGone && error.isOutOfMemory;
      const failure = isOverTime || isOverMemory ? this.#overrunOf(work, isOverTime, error) : error;
      const isSlow = clock.now() - started >= SLOW_FAILURE_MS;
      if (failure instanceof OllamaError && (isSlow || isOverMemory)) this.#remember(work, failure);
      throw failure;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      cancelWatch();
      cancelWay();
      cancelEnd();
    }
  }

  #overrunOf(
    { subject, blame, limitMs, advice = 'make it simpler' }: Work,
    isOverTime: boolean,
    cause: unknown,
  ) {
    const { heapMb, residentMb = heapMb } = this.#limits;
    const excess = isOverTime ? `longer than ${limitMs / 1000} s` : `more than ${residentMb} MiB of memory`;
    return new OllamaError(blame, `${subject} took ${excess} to compute: ${advice}`, { cause });
  }

  #remember(work: Work, error: OllamaError): void {
    this.#overruns.remember(work, error);
    this.#parts.logger.warn('stopped work that exceeded its limits', {
      task: work.name,
      reason: error.message,
    });
  }

  /** Something outside may have ended the worker, which is not the fault of the work. */
  #shouldRepeat(error: unknown, work: Waiting): boolean {
    if (!(error instanceof WorkerGone) || this.#isClosed) return false;
    this.#parts.logger.warn('a worker process ended unexpectedly', {
      task: work.name,
      reason: error.message,
    });
    return !work.isSecondAttempt && work.signal?.aborted !== true;
  }

  #release(worker: WorkerProcess): void {
    if (!worker.isUsable || this.#isClosed) {
      worker.kill();
      return;
    }
    const cancelEnd = this.#parts.clock.after(IDLE_MS, () => {
      const index = this.#idle.findIndex((idle) => idle.worker === worker);
      if (index >= 0) this.#idle.splice(index, 1);
      worker.kill();
    });
    this.#idle.push({ worker, cancelEnd });
  }
}

function shuttingDown(): OllamaError {
  return new OllamaError('canceled', 'the server is shutting down');
}
