/**
 * How likely a predicted token is right, by the number of tokens before it that already agree with the place it is
 * copied from: the longer a passage has been copied, the surer it goes on. A list of records teaches the opposite for
 * some lengths, where the values begin.
 */

/** First match length of each class, and the number of right and wrong predictions assumed before any was seen. */
const SHORTEST = { from: 0, right: 1.5, wrong: 1.5 };
const LONGER = [
  { from: 4, right: 3, wrong: 2 },
  { from: 6, right: 5, wrong: 2 },
  { from: 9, right: 9, wrong: 2 },
  { from: 16, right: 14, wrong: 1 },
  { from: 32, right: 60, wrong: 0.6 },
];
/** Each observation makes the earlier ones of its class count a little less, so that a text may change. */
const MEMORY = 0.98;

interface Counts {
  readonly from: number;
  right: number;
  wrong: number;
}

/** The acceptance of one completion's predictions. */
export class DraftAcceptance {
  readonly #shortest: Counts = { ...SHORTEST };
  readonly #classes: readonly Counts[] = [this.#shortest, ...LONGER.map((counts) => ({ ...counts }))];

  /** Probability that the token after `matched` agreeing tokens agrees, too. */
  probability(matched: number): number {
    const { right, wrong } = this.#classOf(matched);
    return right / (right + wrong);
  }

  observe(matched: number, isRight: boolean): void {
    const found = this.#classOf(matched);
    found.right = found.right * MEMORY + (isRight ? 1 : 0);
    found.wrong = found.wrong * MEMORY + (isRight ? 0 : 1);
  }

  /**
   * Expected number of tokens that a step yields with drafts of 0, 1, … `most` tokens, after a match of `matched`
   * tokens: the accepted ones and the one that is sampled in any case.
   */
  expectedTokens(matched: number, most: number): number[] {
    const expected = [1];
    let survival = 1;
    let total = 1;
    for (let length = 1; length <= most; length++) {
      survival *= this.probability(matched + length - 1);
      total += survival;
      expected.push(total);
    }
    return expected;
  }

  #classOf(matched: number): Counts {
    return this.#classes.findLast(({ from }) => from <= matched) ?? this.#shortest;
  }
}
