/** Log probabilities from raw logits, before any sampler has changed them. */

export interface RankedToken {
  readonly token: number;
  readonly logprob: number;
}

export interface TokenRanking {
  readonly chosen: RankedToken;
  readonly top: readonly RankedToken[];
}

/**
 * exp(-30) times the size of the largest vocabulary is below the precision of float32, so anything lower adds nothing.
 */
const NEGLIGIBLE = 30;

/**
 * Ranks tokens in one pass over the logits; nothing is allocated per entry.
 * @param count number of alternatives to return, 0 for none
 */
export function rankTokens(logits: Float32Array, chosen: number, count: number): TokenRanking {
  const best = new BestTokens(Math.min(count, logits.length));
  let highest = Number.NEGATIVE_INFINITY;
  // Σ exp(logit - highest), rescaled when a higher logit comes (online softmax, arXiv:1805.02867)
  let sum = 0;
  for (let token = 0; token < logits.length; token++) {
    const logit = logits[token] ?? Number.NEGATIVE_INFINITY;
    if (logit > highest) {
      sum = sum * Math.exp(highest - logit) + 1;
      highest = logit;
    } else if (logit > highest - NEGLIGIBLE) sum += Math.exp(logit - highest);
    if (logit > best.threshold) best.insert(token, logit);
  }
  const total = highest + Math.log(sum);
  const logprobOf = (token: number) => (logits[token] ?? Number.NEGATIVE_INFINITY) - total;
  const ranked = (token: number): RankedToken => ({ token, logprob: logprobOf(token) });
  return { chosen: ranked(chosen), top: best.tokens().map(ranked) };
}

/** A short sorted list of the likeliest tokens; only a few hundred tokens of a vocabulary ever enter it. */
class BestTokens {
  readonly #tokens: Int32Array;
  readonly #logits: Float32Array;
  #size = 0;
  /** Only a token with a logit above this one enters the list. */
  threshold: number;

  constructor(count: number) {
    this.#tokens = new Int32Array(count);
    this.#logits = new Float32Array(count);
    this.threshold = count > 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }

  /** Among equal logits, the one inserted first stays in front. */
  insert(token: number, logit: number): void {
    const capacity = this.#tokens.length;
    let at = Math.min(this.#size, capacity - 1);
    while (at > 0 && (this.#logits[at - 1] ?? 0) < logit) {
      this.#tokens[at] = this.#tokens[at - 1] ?? 0;
      this.#logits[at] = this.#logits[at - 1] ?? 0;
      at--;
    }
    this.#tokens[at] = token;
    this.#logits[at] = logit;
    if (this.#size < capacity) this.#size++;
    if (this.#size === capacity) this.threshold = this.#logits[capacity - 1] ?? 0;
  }

  tokens(): number[] {
    return Array.from(this.#tokens.subarray(0, this.#size));
  }
}
