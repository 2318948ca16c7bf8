import type { Sequence } from './sequence.ts';

/**
 * What to do after `llama_decode` failed: find the sequences concerned and fail only those. Whoever was in the failed
 * step is computed alone next; a sequence that fails alone gets half as many tokens, down to one, and then gives up.
 */
export class Recovery {
  #alone: Sequence[] = [];
  #mostTokens = Number.POSITIVE_INFINITY;

  /** Limit of the next step's tokens. */
  get mostTokens(): number {
    return this.#mostTokens;
  }

  /** The sequences that may take part in the next step. */
  eligible(running: readonly Sequence[]): readonly Sequence[] {
    this.#alone = this.#alone.filter((sequence) => running.includes(sequence));
    const [first] = this.#alone;
    return first ? [first] : running;
  }

  succeeded(): void {
    this.#mostTokens = Number.POSITIVE_INFINITY;
    this.#alone.shift();
  }

  /**
   * @param tokens in the failed step
   * @returns the sequence that cannot be helped, undefined to try again
   */
  failed(sequences: readonly Sequence[], tokens: number): Sequence | undefined {
    const [first, second] = sequences;
    if (second) {
      this.#alone = [...sequences];
      return undefined;
    }
    if (tokens > 1) {
      this.#mostTokens = Math.ceil(tokens / 2);
      return undefined;
    }
    this.succeeded();
    return first;
  }
}
