/**
 * Decides how many tokens to draft. Checking k drafted tokens costs one decode of k + 1 tokens and yields 1 + p + … +
 * p^k tokens when each is right with probability p. It is worth it only where the text repeats itself and a batch costs
 * less than its tokens one by one.
 */
import type { DecodeCost } from './decode-cost.ts';
import { lookUpDraft } from './draft-lookup.ts';

/** Maximum number of tokens drafted at once; it also bounds the logits that a step may produce. */
export const MAX_DRAFT_TOKENS = 15;
/** Only a few lengths, so that the cost of each is measured soon; batches of 4, 8 and 16 suit the kernels. */
const LENGTHS: readonly number[] = [3, 7, MAX_DRAFT_TOKENS];
/** Probability assumed before anything is known about a text. */
const FIRST_ACCEPTANCE = 0.5;
/** Weight of the newest prediction: a copied passage is recognised within about ten tokens. */
const NEWEST_WEIGHT = 0.15;
/** A smaller gain than this is noise and does not justify the rejected work. */
const MIN_GAIN = 1.05;

/** The drafts of one completion. It learns from every prediction, drafted or not. */
export class DraftPolicy {
  readonly #cost: DecodeCost;
  readonly #lengths: readonly number[];
  #acceptance = FIRST_ACCEPTANCE;
  #predicted: readonly number[] = [];

  /** @param most maximum number of tokens per draft that the request allows */
  constructor(cost: DecodeCost, most: number) {
    this.#cost = cost;
    this.#lengths = [...new Set(LENGTHS.map((length) => Math.min(length, most)))].filter(
      (length) => length > 0,
    );
  }

  /** Predicts what follows these tokens, as far as checking it is worthwhile. */
  draft(tokens: readonly number[], most: number): readonly number[] {
    this.#predicted = this.#lengths.length > 0 ? lookUpDraft(tokens, MAX_DRAFT_TOKENS) : [];
    if (this.#predicted.length === 0) return [];
    const length = Math.min(this.#bestLength(), most);
    if (length <= 0) this.#cost.fade();
    return this.#predicted.slice(0, Math.max(0, length));
  }

  /** Compares a sampled token with the prediction for its position. */
  observe(token: number): void {
    const [predicted, ...others] = this.#predicted;
    if (predicted === undefined) return;
    const outcome = predicted === token ? 1 : 0;
    this.#acceptance += NEWEST_WEIGHT * (outcome - this.#acceptance);
    this.#predicted = outcome === 1 ? others : [];
  }

  #bestLength(): number {
    let best = 0;
    let bestGain = MIN_GAIN;
    for (const length of this.#lengths) {
      const gain = expectedTokens(this.#acceptance, length) / this.#cost.relative(length + 1);
      if (gain <= bestGain) continue;
      best = length;
      bestGain = gain;
    }
    return best;
  }
}

/** 1 + p + … + p^length. */
function expectedTokens(acceptance: number, length: number): number {
  let expected = 1;
  let power = 1;
  for (let index = 0; index < length; index++) {
    power *= acceptance;
    expected += power;
  }
  return expected;
}
