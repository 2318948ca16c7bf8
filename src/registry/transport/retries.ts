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
  /** Name of the work in the log. */
  readonly work: 'download' | 'upload';
  readonly digest?: Digest;
  /** Returns a number from 0 to 1, which varies the waits. */
  readonly random?: () => number;
}

/** Retries work that failed because of a broken connection or a busy registry, with growing delays. */
export class Retries {
  readonly #options: RetryOptions;
  #failures = 0;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /**
   * @param recover called after the wait and before the next attempt; what it throws ends the attempts, unless it is worth
   *   a retry itself
   * @throws OllamaError `upstream` ("max retries exceeded: …"), `canceled`, and errors that are not worth a retry
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

  /** Resets the count of failures, because progress was made although the last attempt failed. */
  reset(): void {
    this.#failures = 0;
  }

  /** Milliseconds until the next attempt. */
  #delayAfter(error: unknown): number {
    if (!isWorthRetrying(error)) throw error;
    const { clock, logger, work, digest, random = Math.random } = this.#options;
    const delay = retryDelay(this.#failures, error, clock.date(), random());
    const reason = reasonOf(error);
    if (delay === undefined) {
      throw new OllamaError('upstream', `max retries exceeded: ${reason}`, { cause: error });
    }
    this.#failures += 1;
    logger.warn(`${work} interrupted; trying again`, { reason, ...(digest && { digest }) });
    return delay;
  }
}
