import { createDeferred } from '../base/deferred.ts';
import { OllamaError, throwIfCanceled } from '../base/errors.ts';

export interface Turn {
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
