import { rm } from 'node:fs/promises';
import { createDeferred } from '../base/deferred.ts';
import { OllamaError, throwIfCanceled } from '../base/errors.ts';

/** Work on files in the processes of one request, waiting or running. */
export interface FileWork {
  readonly controller: AbortController;
  /** The files that its processes write; removed when the work is stopped. */
  readonly places: string[];
  /** Resolves when the current process has exited. */
  ended?: Promise<void>;
}

/** Does heavy work on files one request after the other, in the order in which they came. */
export class OneAtATime {
  readonly #turns = new Turns();
  readonly #all = new Set<FileWork>();

  /**
   * @param waiting the event that says that other work comes first
   * @throws OllamaError `canceled`, and the errors of `work`
   */
  async *run<Event, Result>(
    waiting: Event,
    work: (own: FileWork) => AsyncGenerator<Event, Result>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Event, Result> {
    const turn = this.#turns.take();
    const controller = new AbortController();
    const abort = () => controller.abort();
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    const own: FileWork = { controller, places: [] };
    this.#all.add(own);
    try {
      if (turn.mustWait) yield waiting;
      await turn.wait(controller.signal);
      return yield* work(own);
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#all.delete(own);
      turn.release();
    }
  }

  /** Stops all work, even if nobody reads its events any more; resolves when its processes and files are gone. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map(stop));
  }
}

async function stop({ controller, places, ended }: FileWork): Promise<void> {
  controller.abort();
  await ended;
  for (const place of places) await rm(place, { force: true });
}

interface Turn {
  /** Whether another turn is before this one. */
  readonly mustWait: boolean;
  /** Resolves when it is this turn. @throws OllamaError `canceled` */
  wait(signal: AbortSignal): Promise<void>;
  /** Call this once, even when `wait` did not complete. */
  release(): void;
}

/** Grants turns one at a time, in the order in which they were taken. */
export class Turns {
  #last: Promise<void> = Promise.resolve();
  #taken = 0;

  take(): Turn {
    const before = this.#last;
    const own = createDeferred<void>();
    this.#last = own.promise;
    const mustWait = this.#taken > 0;
    this.#taken++;
    return {
      mustWait,
      wait: (signal) => untilCanceled(before, signal),
      release: () => {
        this.#taken--;
        void before.then(own.resolve);
      },
    };
  }
}

async function untilCanceled(before: Promise<void>, signal: AbortSignal): Promise<void> {
  throwIfCanceled(signal);
  const canceled = createDeferred<never>();
  const onAbort = () => canceled.reject(new OllamaError('canceled', 'request canceled'));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([before, canceled.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
