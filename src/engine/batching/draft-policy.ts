/**
 * Predicts how a completion goes on, and learns from every prediction, checked or not, how often they are right. How
 * many of the predicted tokens are worth checking is decided in `draft-plan.ts`.
 */
import { DraftAcceptance } from './draft-acceptance.ts';
import { lookUpDraft, type Prediction } from './draft-lookup.ts';

/** Maximum number of tokens drafted at once: with the token before them, a batch of 64, which llama.cpp tiles. */
export const MAX_DRAFT_TOKENS = 63;

/** The drafts of one completion. */
export class DraftPolicy {
  /** Maximum number of tokens per draft that the request allows. */
  readonly most: number;
  readonly #acceptance = new DraftAcceptance();
  /** What remains of the last prediction, while it comes true. */
  #predicted: Prediction = { matched: 0, tokens: [] };

  /** @param most maximum number of tokens per draft that the request allows */
  constructor(most: number) {
    this.most = Math.min(most, MAX_DRAFT_TOKENS);
  }

  /** Predicts what follows these tokens: nothing, or more tokens than may be worth checking. */
  predict(tokens: readonly number[]): readonly number[] {
    this.#predicted = lookUpDraft(tokens, this.most);
    return this.#predicted.tokens;
  }

  /**
   * Expected number of tokens that a step yields if it checks the first 0, 1, 2, … predicted tokens: 1, and those that
   * are expected to be right.
   */
  expectedTokens(): readonly number[] {
    const { matched, tokens } = this.#predicted;
    return this.#acceptance.expectedTokens(matched, tokens.length);
  }

  /** Compares a sampled token with the prediction for its position. */
  observe(token: number): void {
    const { matched, tokens } = this.#predicted;
    if (tokens.length === 0) return;
    const isRight = tokens[0] === token;
    this.#acceptance.observe(matched, isRight);
    this.#predicted = { matched: matched + 1, tokens: isRight ? tokens.slice(1) : [] };
  }
}
