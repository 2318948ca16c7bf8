/** Logits compared at once, which takes half the time of comparing one after another. */
const BLOCK = 4;

/** The likeliest tokens of an output, found with one pass over its logits. */
export class LikeliestTokens {
  #heapLogits = new Float32Array();
  #heapTokens = new Int32Array();
  #least = Number.NEGATIVE_INFINITY;

  /** No token outside of the last list has a greater logit, unless it may have been changed. */
  get least(): number {
    return this.#least;
  }

  /**
   * Lists the tokens on which a draw depends that looks at the `count` likeliest after some logits were changed: the
   * `count` likeliest tokens whose logits were not changed, and all those that may have been.
   * @param touched tokens whose logits may be changed, repeated or not
   * @returns tokens in the order of their IDs
   */
  dependsOn(logits: Float32Array, count: number, touched: readonly number[]): Int32Array {
    const changed = new Set(touched);
    const size = Math.min(logits.length - changed.size, count);
    this.#select(logits, size, changed);
    const tokens = new Int32Array(size + changed.size);
    tokens.set(this.#heapTokens.subarray(0, size));
    let at = size;
    for (const token of changed) tokens[at++] = token;
    return tokens.sort();
  }

  /**
   * Keeps the greatest logits, of equal ones the first, in a heap whose root is the least of them.
   * @param without tokens that are left out
   */
  #select(logits: Float32Array, size: number, without: ReadonlySet<number>): void {
    let token = this.#begin(logits, size, without);
    const heap = this.#heapLogits;
    let least = size > 0 ? (heap[0] ?? Number.NEGATIVE_INFINITY) : Number.POSITIVE_INFINITY;
    while (token < logits.length) {
      token = skipLesser(logits, token, least);
      for (const end = Math.min(logits.length, token + BLOCK); token < end; token++) {
        const logit = logits[token] ?? Number.NEGATIVE_INFINITY;
        if (logit <= least || without.has(token)) continue;
        heap[0] = logit;
        this.#heapTokens[0] = token;
        this.#sink(0, size);
        least = heap[0] ?? Number.NEGATIVE_INFINITY;
      }
    }
    this.#least = size + without.size < logits.length ? least : Number.NEGATIVE_INFINITY;
  }

  /** Fills the heap with the first tokens. @returns the token after them */
  #begin(logits: Float32Array, size: number, without: ReadonlySet<number>): number {
    if (this.#heapLogits.length < size) {
      this.#heapLogits = new Float32Array(size);
      this.#heapTokens = new Int32Array(size);
    }
    let token = 0;
    for (let filled = 0; filled < size; token++) {
      if (without.has(token)) continue;
      this.#heapLogits[filled] = logits[token] ?? Number.NEGATIVE_INFINITY;
      this.#heapTokens[filled++] = token;
    }
    for (let at = (size >> 1) - 1; at >= 0; at--) this.#sink(at, size);
    return token;
  }

  #isLess(left: number, right: number): boolean {
    const first = this.#heapLogits[left] ?? 0;
    const second = this.#heapLogits[right] ?? 0;
    return (
      first < second || (first === second && (this.#heapTokens[left] ?? 0) > (this.#heapTokens[right] ?? 0))
    );
  }

  #sink(from: number, size: number): void {
    const heap = this.#heapLogits;
    const tokens = this.#heapTokens;
    const logit = heap[from] ?? 0;
    const token = tokens[from] ?? 0;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#isLess(child + 1, child)) child++;
      const value = heap[child] ?? 0;
      const other = tokens[child] ?? 0;
      if (value > logit || (value === logit && other < token)) break;
      heap[at] = value;
      tokens[at] = other;
      at = child;
    }
    heap[at] = logit;
    tokens[at] = token;
  }
}

/** @returns the first token of the next block with a greater logit, or of the rest that fills no block */
function skipLesser(logits: Float32Array, from: number, least: number): number {
  const last = logits.length - BLOCK;
  let token = from;
  for (; token <= last; token += BLOCK) {
    const first = logits[token] ?? 0;
    const second = logits[token + 1] ?? 0;
    const third = logits[token + 2] ?? 0;
    const fourth = logits[token + 3] ?? 0;
    if (first > least || second > least || third > least || fourth > least) break;
  }
  return token;
}

/** The token with the greatest logit, the first of equal ones; undefined when none is possible. */
export function likeliestToken(logits: Float32Array): number | undefined {
  let best: number | undefined;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let token = 0; token < logits.length; ) {
    token = skipLesser(logits, token, greatest);
    for (const end = Math.min(logits.length, token + BLOCK); token < end; token++) {
      const logit = logits[token] ?? Number.NEGATIVE_INFINITY;
      if (logit <= greatest) continue;
      greatest = logit;
      best = token;
    }
  }
  return best;
}

/** Like `likeliestToken`, among these tokens. @param tokens in the order of their IDs */
export function likeliestOf(logits: Float32Array, tokens: Int32Array): number | undefined {
  let best: number | undefined;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const token of tokens) {
    const logit = logits[token] ?? Number.NEGATIVE_INFINITY;
    if (logit <= greatest) continue;
    greatest = logit;
    best = token;
  }
  return best;
}
