/** Weight of the newest measurement. */
const NEWEST_WEIGHT = 0.2;
/** Before anything is measured: one more token in a decode costs this part of a decode of one. */
const FIRST_MARGINAL_COST = 0.25;
/** Keeps the padding finite where a measurement was lucky. */
const LEAST_MARGINAL_COST = 0.01;
/** How far an estimate returns to the first guess each time it is not used: forgets a hiccup within some 100 tokens. */
const FADE_WEIGHT = 0.01;

/** What a decode of several tokens costs, measured in decodes of one. */
export class DecodeCost {
  #singleMs: number | undefined;
  #marginal = FIRST_MARGINAL_COST;
  readonly #ratios = new Map<number, number>();

  record(tokens: number, milliseconds: number): void {
    if (tokens === 1) this.#singleMs = average(this.#singleMs, milliseconds);
    else if (this.#singleMs !== undefined && this.#singleMs > 0) {
      const ratio = milliseconds / this.#singleMs;
      this.#ratios.set(tokens, average(this.#ratios.get(tokens), ratio));
      this.#marginal = average(this.#marginal, Math.max(LEAST_MARGINAL_COST, (ratio - 1) / (tokens - 1)));
    }
  }

  relative(tokens: number): number {
    return this.#ratios.get(tokens) ?? firstGuess(tokens);
  }

  /**
   * Idle slots that may compute along to close a gap between busy ones: a gap costs one more reading of the weights, a
   * closed one the computing of its tokens.
   */
  get mostPadding(): number {
    return Math.max(0, Math.ceil(1 / this.#marginal - 1) - 1);
  }

  /** To be called when the measurements led to no draft, since then nothing new will be measured. */
  fade(): void {
    for (const [tokens, ratio] of this.#ratios) {
      this.#ratios.set(tokens, ratio + FADE_WEIGHT * (firstGuess(tokens) - ratio));
    }
  }
}

function firstGuess(tokens: number): number {
  return 1 + FIRST_MARGINAL_COST * (tokens - 1);
}

function average(before: number | undefined, newest: number): number {
  return before === undefined ? newest : before + NEWEST_WEIGHT * (newest - before);
}
