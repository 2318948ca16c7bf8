/** How much was used within the last minute. */

/** The time over which the limits per minute apply, in milliseconds. */
export const MINUTE_MS = 60_000;
/**
 * Amounts of this many milliseconds are kept together, and leave the window together once the last of them is a minute old.
 * So at most 1 % of a limit is lost, and a key needs at most 121 numbers however many requests it sends.
 */
const STEP_MS = 500;

interface Step {
  /** When its amounts leave the window, in milliseconds of the clock. */
  readonly endsAt: number;
  amount: number;
}

/** Names the step to which an amount was added, in case some of it is given back. */
export type Stamp = number;

/**
 * Adds up amounts of the last minute. No interval of a minute, wherever it begins, ever holds more than `total` says at its
 * end. All times are milliseconds of a clock that advances evenly.
 */
export class MinuteWindow {
  /** Oldest first. */
  readonly #steps: Step[] = [];
  #total = 0;

  total(now: number): number {
    this.#expire(now);
    return this.#total;
  }

  add(now: number, amount: number): Stamp {
    this.#expire(now);
    const endsAt = (Math.floor(now / STEP_MS) + 1) * STEP_MS + MINUTE_MS;
    const last = this.#steps.at(-1);
    if (last && last.endsAt >= endsAt) last.amount += amount;
    else this.#steps.push({ endsAt, amount });
    this.#total += amount;
    return this.#steps.at(-1)?.endsAt ?? endsAt;
  }

  /** Takes back some of what was added under a stamp; nothing if that has left the window. */
  giveBack(stamp: Stamp, amount: number): void {
    const step = this.#steps.findLast(({ endsAt }) => endsAt === stamp);
    if (!step) return;
    const taken = Math.min(amount, step.amount);
    step.amount -= taken;
    this.#total -= taken;
  }

  /** Milliseconds until the total is at most `most`, if nothing is added. `most` is not negative. */
  waitFor(now: number, most: number): number {
    let left = this.total(now);
    let waited = 0;
    for (const { endsAt, amount } of this.#steps) {
      if (left <= most) break;
      left -= amount;
      waited = endsAt - now;
    }
    return waited;
  }

  #expire(now: number): void {
    let count = 0;
    for (const { endsAt, amount } of this.#steps) {
      if (endsAt > now) break;
      this.#total -= amount;
      count += 1;
    }
    this.#steps.splice(0, count);
  }
}
