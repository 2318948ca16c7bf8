import type { Clock } from '../../base/clock.ts';
import { OllamaError, throwIfCanceled } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { pause } from '../../base/pause.ts';
import type { Digest } from '../../names/digest.ts';
import { isWorthRetrying, reasonOf, retryDelay } from '../pull/download-retries.ts';

interface RetryOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** For the log. */
  readonly work: 'download' | 'upload';
  readonly digest?: Digest;
  /** From 0 to 1, for waits that differ. */
  readonly random?: () => number;
}

/** Repeats what a broken connection or a busy registry made fail, with growing waits. */
export class Retries {
  readonly #options: RetryOptions;
  #failures = 0;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /**
   * @param recover called after the wait and before the next try; what it throws ends the tries, unless it is worth
   *   another one
   * @throws OllamaError `upstream` ("max retries exceeded: …"), `canceled`, and what is not worth another try
   */
  async run<T>(work: () => Promise<T>, recover?: (error: unknown) => Promise<void>): Promise<T> {
    const { clock, signal } = this.#options;
    let failure: unknown;
    for (;;) {
      try {
        if (failure !== undefined) await recover?.(failure);
        const result = await work();
        this.#failures = 0;
        return result;
      } catch (error) {
        throwIfCanceled(signal);
        failure = error;
        await pause(clock, this.#delayAfter(error), signal);
      }
    }
  }

  /** Something was achieved although the last try failed. */
  reset(): void {
    this.#failures = 0;
  }

  /** Milliseconds until the next try. */
  #delayAfter(error: unknown): number {
    if (!isWorthRetrying(error)) throw error;
    const { clock, logger, work, digest, random = Math.random } = this.#options;
    const delay = retryDelay(this.#failures, error, clock.now(), random());
    const reason = reasonOf(error);
    if (delay === undefined) {
      throw new OllamaError('upstream', `max retries exceeded: ${reason}`, { cause: error });
    }
    this.#failures += 1;
    logger.warn(`${work} interrupted, trying again`, { reason, ...(digest && { digest }) });
    return delay;
  }
}
