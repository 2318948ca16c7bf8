import type { Clock } from '../base/clock.ts';

/** Seconds and nanoseconds since the epoch. */
export type EpochTime = [seconds: number, nanoseconds: number];

/** A smaller difference comes from a time of day that counts whole milliseconds, and from its slow correction. */
const TOLERANCE_MS = 10;
const MILLISECONDS_PER_SECOND = 1000;
const NANOSECONDS_PER_MILLISECOND = 1e6;

/**
 * The time of day of moments of `clock.now()`. It advances as evenly as these, so that phases of different runs can be
 * compared, until somebody sets the time of day.
 */
export class TimeOfDay {
  readonly #clock: Pick<Clock, 'now' | 'date'>;
  #offset: number;

  constructor(clock: Pick<Clock, 'now' | 'date'>) {
    this.#clock = clock;
    this.#offset = clock.date() - clock.now();
  }

  /** @returns converts moments of one run, all by the same time of day */
  reader(): (milliseconds: number) => EpochTime {
    const offset = this.#clock.date() - this.#clock.now();
    if (Math.abs(offset - this.#offset) > TOLERANCE_MS) this.#offset = offset;
    const used = this.#offset;
    return (milliseconds) => {
      const since = used + milliseconds;
      const seconds = Math.floor(since / MILLISECONDS_PER_SECOND);
      const rest = since - seconds * MILLISECONDS_PER_SECOND;
      return [seconds, Math.floor(rest * NANOSECONDS_PER_MILLISECOND)];
    };
  }
}
