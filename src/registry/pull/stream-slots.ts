import { createDeferred } from '../../base/deferred.ts';
import { throwIfCanceled } from '../../base/errors.ts';

/** Limits the number of connections in use at once; the others wait in line. */
export class StreamSlots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** @throws OllamaError `canceled` while waiting; errors of the work */
  async use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#acquire(signal);
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  async #acquire(signal: AbortSignal): Promise<void> {
    throwIfCanceled(signal);
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const turn = createDeferred<boolean>();
    const take = () => turn.resolve(true);
    const giveUp = () => turn.resolve(false);
    this.#waiting.add(take);
    signal.addEventListener('abort', giveUp, { once: true });
    await turn.promise;
    signal.removeEventListener('abort', giveUp);
    const isOurs = !this.#waiting.delete(take);
    if (!signal.aborted) return;
    if (isOurs) this.#release();
    throwIfCanceled(signal);
  }

  #release(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
