import type { Clock } from '../base/clock.ts';
import { OllamaError, throwIfCanceled } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { RegistryStatusError } from './connection.ts';
import { reasonOf, retryAfterMs } from './download-retries.ts';
import { pause } from './pause.ts';

/** Waits between tries, as in Ollama: a minute in all, long enough for a router to come back. */
const RETRY_DELAYS_MS = [1000, 2000, 4000, 8000, 16_000, 32_000] as const;

interface RetrySurroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** The registry said nothing for too long. */
export class SilenceError extends Error {
  constructor(cause: unknown) {
    super('the registry went silent', { cause });
  }
}

/** Repeats what a broken connection or a busy registry made fail, with growing waits. */
export class Retries {
  readonly #surroundings: RetrySurroundings;
  #failures = 0;

  constructor(surroundings: RetrySurroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * @param recover called after the wait and before the next try; what it throws ends the tries, unless it is worth
   *   another one
   * @throws OllamaError `upstream` ("max retries exceeded: …"), `canceled`, and what is not worth another try
   */
  async run<T>(work: () => Promise<T>, recover?: (error: unknown) => Promise<void>): Promise<T> {
    let failure: unknown;
    for (;;) {
      try {
        if (failure !== undefined) await recover?.(failure);
        const result = await work();
        this.#failures = 0;
        return result;
      } catch (error) {
        throwIfCanceled(this.#surroundings.signal);
        failure = error;
        await pause(this.#surroundings.clock, this.#delayAfter(error), this.#surroundings.signal);
      }
    }
  }

  /** Something was achieved although the last try failed. */
  reset(): void {
    this.#failures = 0;
  }

  /** Milliseconds until the next try. */
  #delayAfter(error: unknown): number {
    if (!isTransient(error)) throw error;
    const delay = RETRY_DELAYS_MS[this.#failures];
    const reason = reasonOf(error);
    if (delay === undefined) {
      throw new OllamaError('upstream', `max retries exceeded: ${reason}`, { cause: error });
    }
    this.#failures += 1;
    this.#surroundings.logger.warn('upload interrupted, trying again', { reason });
    const header = error instanceof RegistryStatusError ? error.retryAfter : undefined;
    return Math.max(delay, retryAfterMs(header, this.#surroundings.clock.now()) ?? 0);
  }
}

/** Statuses that say "not now": timeout, too early, too many requests. */
const passingStatuses = [408, 425, 429];

/** `fetch` reports every network failure as a TypeError with the system's error as its cause. */
function isTransient(error: unknown): boolean {
  if (error instanceof RegistryStatusError)
    return error.registryStatus >= 500 || passingStatuses.includes(error.registryStatus);
  if (error instanceof SilenceError || error instanceof SessionLostError) return true;
  return error instanceof TypeError && error.cause !== undefined;
}

/** The registry no longer knows an upload, or has other bytes of it than we sent. */
export class SessionLostError extends Error {}
