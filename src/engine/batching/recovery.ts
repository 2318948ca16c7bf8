import type { Sequence } from './sequence.ts';

/**
 * Decides what to do after `llama_decode` failed: finds the sequences that cause the failure and fails only those. Each
 * sequence of the failed step is computed alone next. A sequence that fails alone gets half as many tokens, down to
 * one, and is then given up.
 */
export class Recovery {
  #alone: Sequence[] = [];
  #mostTokens = Number.POSITIVE_INFINITY;

  /** Maximum number of tokens in the next step. */
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
   * @param tokens number of tokens in the failed step
   * @returns the sequence that cannot be computed; undefined to try again
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
