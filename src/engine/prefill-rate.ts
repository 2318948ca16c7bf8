/** Weight of the newest measurement: follows a change within a few steps, ignores a single hiccup. */
const NEWEST_WEIGHT = 0.3;

/** Speed of steps that compute prompts, as a moving average. */
export class PrefillRate {
  #rate: number | undefined;

  /** Undefined before the first measurement. */
  get tokensPerMillisecond(): number | undefined {
    return this.#rate;
  }

  record(tokens: number, milliseconds: number): void {
    if (tokens <= 0 || milliseconds <= 0) return;
    const rate = tokens / milliseconds;
    this.#rate = this.#rate === undefined ? rate : this.#rate + NEWEST_WEIGHT * (rate - this.#rate);
  }
}
