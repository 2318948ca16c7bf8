/** Weight of the newest of many measurements. */
const NEWEST_WEIGHT = 0.2;
/** Number of measurements that the expectation before the first one counts as: the first decode of a size also allocates. */
const EXPECTATION_WEIGHT = 0.5;
/** Cost of one more token in a decode, as a fraction of a decode of one token, assumed before anything is measured. */
const FIRST_MARGINAL_COST = 0.25;
/** Keeps the padding finite after a measurement that was unusually fast. */
const LEAST_MARGINAL_COST = 0.01;
/**
 * A larger batch than any measured one is assumed to cost a little less than the measured ones promise: an estimate that
 * is too low is corrected by the first measurement, one that is too high would never be tried.
 */
const OPTIMISM = 0.85;
/** A batch that costs more per token than this many single decodes was interrupted. */
const WORST_TOKEN_COST = 1.5;
/** A measurement of more than this many times the estimate is mostly interruption, and counts as this much. */
const WORST_SURPRISE = 2;
/**
 * A size of n tokens is trusted to have lost 1 / n of this share of its extra cost with each decision after its last
 * measurement. An estimate that keeps a batch of 4 from being used is thus halved, and tried again, within 700 decisions;
 * larger batches, with which a trial costs more, are tried less often.
 */
const FADE = 0.004;

interface Measured {
  /** Duration in units of a decode of one token. */
  ratio: number;
  /** Number of measurements, and `EXPECTATION_WEIGHT`. */
  weight: number;
  /** The value of `#decisions` at the last measurement. */
  at: number;
}

/**
 * Measures the cost of decoding several tokens at once, in units of a decode of one token. What it learnt of some sizes
 * is carried over to the others.
 */
export class DecodeCost {
  #singleMs: number | undefined;
  #marginal = FIRST_MARGINAL_COST;
  readonly #measured = new Map<number, Measured>();
  /** The keys of `#measured`, ascending. */
  #sizes: readonly number[] = [];
  #decisions = 0;

  record(tokens: number, milliseconds: number): void {
    if (tokens === 1) this.#singleMs = average(this.#singleMs, milliseconds);
    else if (this.#singleMs !== undefined && this.#singleMs > 0) {
      const ratio = Math.min(milliseconds / this.#singleMs, WORST_TOKEN_COST * tokens);
      this.#learn(tokens, ratio);
      this.#marginal = average(this.#marginal, Math.max(LEAST_MARGINAL_COST, (ratio - 1) / (tokens - 1)));
    }
  }

  /** Cost of a decode of this many tokens, at least 1; interpolated, or extrapolated, where it was not measured. */
  relative(tokens: number): number {
    if (tokens <= 1) return 1;
    const measured = this.#measured.get(tokens);
    if (measured) return this.#faded(tokens, measured);
    const above = this.#sizes.findIndex((size) => size > tokens);
    const below = this.#sizes[(above < 0 ? this.#sizes.length : above) - 1] ?? 1;
    const larger = this.#sizes[above];
    if (larger === undefined) return this.#beyond(tokens, below);
    const from = this.relative(below);
    return from + ((this.relative(larger) - from) * (tokens - below)) / (larger - below);
  }

  /** How long decoding this many tokens is expected to take; 0 before the first measurement. */
  expectedMs(tokens: number): number {
    return tokens === 0 ? 0 : (this.#singleMs ?? 0) * this.relative(tokens);
  }

  /** The largest batch measured so far; 1 before the first one. */
  get largestMeasured(): number {
    return this.#sizes.at(-1) ?? 1;
  }

  /**
   * Number of idle slots in a row that may compute padding to close a gap between busy ones: a gap costs one more
   * reading of the weights, a closed gap costs the computation of its padding tokens.
   */
  get mostPadding(): number {
    return Math.max(0, Math.ceil(1 / this.#marginal - 1) - 1);
  }

  /** Must be called with each decision that was based on the measurements: those that are not repeated grow old. */
  fade(): void {
    this.#decisions++;
  }

  #learn(tokens: number, ratio: number): void {
    const expected = this.relative(tokens);
    const before = this.#measured.get(tokens);
    const weight = (before?.weight ?? EXPECTATION_WEIGHT) + 1;
    const newest = Math.min(ratio, WORST_SURPRISE * expected);
    const known = before?.ratio ?? expected;
    const learnt = known + Math.max(NEWEST_WEIGHT, 1 / weight) * (newest - known);
    this.#measured.set(tokens, { ratio: learnt, weight, at: this.#decisions });
    if (before === undefined) this.#sizes = [...this.#measured.keys()].sort((left, right) => left - right);
  }

  #faded(tokens: number, { ratio, at }: Measured): number {
    return 1 + (ratio - 1) * (1 - FADE / tokens) ** (this.#decisions - at);
  }

  /** The cost of a batch that is larger than all measured ones, of which `largest` is the largest. */
  #beyond(tokens: number, largest: number): number {
    if (largest === 1) return 1 + FIRST_MARGINAL_COST * (tokens - 1);
    const cost = this.relative(largest);
    const before = this.#sizes.at(-2) ?? 1;
    const overall = (cost - 1) / (largest - 1);
    const latest = (cost - this.relative(before)) / (largest - before);
    const marginal = Math.max(LEAST_MARGINAL_COST, Math.min(overall, latest));
    return cost + OPTIMISM * marginal * (tokens - largest);
  }
}

function average(before: number | undefined, newest: number): number {
  return before === undefined ? newest : before + NEWEST_WEIGHT * (newest - before);
}
