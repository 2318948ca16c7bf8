import { MinuteWindow, type Stamp } from './minute-window.ts';

type Period = 'minute' | 'day';

/** How much may be used in each period; absent = no limit. */
export type PeriodLimits = { readonly [Key in Period]?: number | undefined };

/** What the clocks say, read once per decision. */
export interface Moment {
  /** Milliseconds of a clock that advances evenly. */
  readonly now: number;
  /** Number of the day. */
  readonly day: number;
  /** Milliseconds until the next day. */
  readonly dayLeft: number;
}

/** One limit and how much is left of it. */
export interface Standing {
  readonly period: Period;
  readonly limit: number;
  readonly used: number;
  /** Not negative, though a limit that was lowered may be exceeded. */
  readonly remaining: number;
  /** Milliseconds until all of it is there again, if nothing more is used. */
  readonly resetMs: number;
  /** Milliseconds until an amount fits, if nothing more is used; Infinity = never. */
  waitFor(amount: number): number;
}

/** Something that was counted, of which some may be given back. */
export interface Booking {
  readonly stamp: Stamp;
  readonly day: number;
  readonly amount: number;
}

/** Counts what one key uses, of requests or of tokens. It decides nothing. */
export class Account {
  readonly #minute = new MinuteWindow();
  #day = 0;
  #ofDay = 0;

  book({ now, day }: Moment, amount: number): Booking {
    this.#ofDay = this.usedOfDay(day) + amount;
    this.#day = day;
    return { stamp: this.#minute.add(now, amount), day, amount };
  }

  /** Counts what was used earlier this day, before this process began. */
  carryOver(day: number, amount: number): void {
    this.#ofDay = this.usedOfDay(day) + amount;
    this.#day = day;
  }

  giveBack({ stamp, day }: Booking, amount: number): void {
    this.#minute.giveBack(stamp, amount);
    if (day === this.#day) this.#ofDay -= amount;
  }

  usedOfDay(day: number): number {
    return day === this.#day ? this.#ofDay : 0;
  }

  /** Whether forgetting it would change nothing. */
  isEmpty({ now, day }: Moment): boolean {
    return this.usedOfDay(day) === 0 && this.#minute.total(now) === 0;
  }

  standings({ minute, day }: PeriodLimits, moment: Moment): Standing[] {
    const standings: Standing[] = [];
    if (minute !== undefined) {
      const until = (most: number) => this.#minute.waitFor(moment.now, most);
      standings.push(standing('minute', minute, this.#minute.total(moment.now), until));
    }
    if (day !== undefined) {
      const used = this.usedOfDay(moment.day);
      const until = (most: number) => (used <= most ? 0 : moment.dayLeft);
      standings.push(standing('day', day, used, until));
    }
    return standings;
  }
}

/** @param until milliseconds until at most so much is used */
function standing(period: Period, limit: number, used: number, until: (most: number) => number): Standing {
  return {
    period,
    limit,
    used,
    remaining: Math.max(0, limit - used),
    resetMs: until(0),
    waitFor: (amount) => (amount > limit ? Number.POSITIVE_INFINITY : until(limit - amount)),
  };
}
