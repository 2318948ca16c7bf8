/** Long enough that short pauses between answers do not show as none, short enough that routers see a change. */
const WINDOW_SECONDS = 10;

/** How many of something there were per second, lately. */
export class RecentRate {
  readonly #counts = new Array<number>(WINDOW_SECONDS).fill(0);
  #second = 0;

  /** @param now milliseconds of a monotonic clock */
  add(count: number, now: number): void {
    this.#goTo(now);
    const index = this.#second % WINDOW_SECONDS;
    this.#counts[index] = (this.#counts[index] ?? 0) + count;
  }

  /** Per second, to one decimal. @param now as for `add` */
  perSecond(now: number): number {
    this.#goTo(now);
    const sum = this.#counts.reduce((total, count) => total + count, 0);
    return Math.round((sum / WINDOW_SECONDS) * 10) / 10;
  }

  /** Empties the seconds that have begun since. */
  #goTo(now: number): void {
    const second = Math.floor(now / 1000);
    for (let step = Math.max(this.#second + 1, second - WINDOW_SECONDS + 1); step <= second; step++)
      this.#counts[step % WINDOW_SECONDS] = 0;
    this.#second = Math.max(this.#second, second);
  }
}
