import { MIN_CHUNK_TOKENS } from './step-plan.ts';

/** Weight of the newest measurement: follows a change within a few steps and ignores a single outlier. */
const NEWEST_WEIGHT = 0.3;

/**
 * Speed of steps that compute prompts, as a moving average. Steps of a few tokens are left out because their duration
 * says nothing about it.
 */
export class PrefillRate {
  #rate: number | undefined;
  /** Duration of steps of a few tokens, which hardly depends on their number. */
  #smallStepMs: number | undefined;

  /** Undefined before the first measurement. */
  get tokensPerMillisecond(): number | undefined {
    return this.#rate;
  }

  /** How long a step of this many tokens is expected to take; Infinity before the first measurement. */
  expectedMs(tokens: number): number {
    if (tokens < MIN_CHUNK_TOKENS && this.#smallStepMs !== undefined) return this.#smallStepMs;
    return this.#rate === undefined ? Number.POSITIVE_INFINITY : tokens / this.#rate;
  }

  record(tokens: number, milliseconds: number): void {
    if (milliseconds <= 0) return;
    if (tokens < MIN_CHUNK_TOKENS) this.#smallStepMs = average(this.#smallStepMs, milliseconds);
    else this.#rate = average(this.#rate, tokens / milliseconds);
  }
}

function average(before: number | undefined, newest: number): number {
  return before === undefined ? newest : before + NEWEST_WEIGHT * (newest - before);
}
