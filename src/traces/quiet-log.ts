import type { Clock } from '../base/clock.ts';
import type { LogFields, Logger } from '../base/logger.ts';

/** A collector may be away for days: one line a minute says enough. */
const INTERVAL_MS = 60_000;

/** Writes at most one warning a minute, and says how many were left out since the last one. */
export class QuietLog {
  readonly #logger: Logger;
  readonly #clock: Pick<Clock, 'now'>;
  #written = Number.NEGATIVE_INFINITY;
  #leftOut = 0;

  constructor(logger: Logger, clock: Pick<Clock, 'now'>) {
    this.#logger = logger;
    this.#clock = clock;
  }

  warn(message: string, fields: LogFields = {}): void {
    const now = this.#clock.now();
    if (now - this.#written < INTERVAL_MS) {
      this.#leftOut++;
      return;
    }
    this.#logger.warn(message, { ...fields, ...(this.#leftOut > 0 && { similarLines: this.#leftOut }) });
    this.#written = now;
    this.#leftOut = 0;
  }
}
