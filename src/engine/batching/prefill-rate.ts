import { MIN_CHUNK_TOKENS } from './step-plan.ts';

/** Weight of the newest measurement: follows a change within a few steps, ignores a single hiccup. */
const NEWEST_WEIGHT = 0.3;

/** Speed of steps that compute prompts, as a moving average; steps of a few tokens say nothing about it. */
export class PrefillRate {
  #rate: number | undefined;

  /** Undefined before the first measurement. */
  get tokensPerMillisecond(): number | undefined {
    return this.#rate;
  }

  /** How long a step of this many tokens will take; Infinity before the first measurement. */
  expectedMs(tokens: number): number {
    return this.#rate === undefined ? Number.POSITIVE_INFINITY : tokens / this.#rate;
  }

  record(tokens: number, milliseconds: number): void {
    if (tokens < MIN_CHUNK_TOKENS || milliseconds <= 0) return;
    const rate = tokens / milliseconds;
    this.#rate = this.#rate === undefined ? rate : this.#rate + NEWEST_WEIGHT * (rate - this.#rate);
  }
}
