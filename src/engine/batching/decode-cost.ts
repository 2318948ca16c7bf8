/** Weight of the newest measurement. */
const NEWEST_WEIGHT = 0.2;
/** Cost of one more token in a decode, as a fraction of a decode of one token, assumed before anything is measured. */
const FIRST_MARGINAL_COST = 0.25;
/** Keeps the padding finite after a measurement that was unusually fast. */
const LEAST_MARGINAL_COST = 0.01;
/**
 * How far an estimate returns to the first guess each time it is not used, so that an outlier is forgotten within about
 * 100 tokens.
 */
const FADE_WEIGHT = 0.01;

/** Measures the cost of decoding several tokens at once, in units of a decode of one token. */
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

  /** How long decoding this many tokens is expected to take; 0 before the first measurement. */
  expectedMs(tokens: number): number {
    return tokens === 0 ? 0 : (this.#singleMs ?? 0) * this.relative(tokens);
  }

  /**
   * Number of idle slots in a row that may compute padding to close a gap between busy ones: a gap costs one more
   * reading of the weights, a closed gap costs the computation of its padding tokens.
   */
  get mostPadding(): number {
    return Math.max(0, Math.ceil(1 / this.#marginal - 1) - 1);
  }

  /** Must be called when the measurements led to no draft, because nothing new will be measured then. */
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
