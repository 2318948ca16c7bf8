import type { Clock } from '../../base/clock.ts';

export const DAY_MS = 86_400_000;

/** As far as a clock that is mended may step back across midnight: in days. Whoever steps further had the date wrong before. */
const STEP_BACK = 1;

/**
 * The day to which the limits per day apply, in UTC. If the time of day is set back by up to a day, that day stays, and the
 * counts with it: else they could be had again when midnight comes a second time. It begins again further back, or a clock that
 * was years ahead would leave the limits used up for years.
 */
export class UtcDay {
  readonly #clock: Pick<Clock, 'date'>;
  /** Days since the epoch. */
  #date: number;
  #number = 0;

  constructor(clock: Pick<Clock, 'date'>) {
    this.#clock = clock;
    this.#date = Math.floor(clock.date() / DAY_MS);
  }

  /** Changes whenever a new day begins; counts that were made under another number are over. */
  get number(): number {
    this.#follow();
    return this.#number;
  }

  /** Such as "2026-05-31". */
  get text(): string {
    this.#follow();
    return new Date(this.#date * DAY_MS).toISOString().slice(0, 10);
  }

  /** Milliseconds until the next day begins; more than a day after the clock was set back. */
  get left(): number {
    this.#follow();
    return (this.#date + 1) * DAY_MS - this.#clock.date();
  }

  #follow(): void {
    const date = Math.floor(this.#clock.date() / DAY_MS);
    if (date > this.#date) this.#number += 1;
    if (date > this.#date || date < this.#date - STEP_BACK) this.#date = date;
  }
}
