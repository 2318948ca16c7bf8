/** Probability assumed before a draft was checked. */
const FIRST_ACCEPTANCE = 0.7;
/** Weight of the newest drafted token; follows a change of the text within about ten tokens. */
const NEWEST_WEIGHT = 0.1;
/** Number of tokens after which drafting is tried again once it did not pay; doubles with every failed attempt. */
const FIRST_PAUSE = 32;
/** Number of checked tokens that show whether drafting pays. */
const TRIAL_TOKENS = 16;
/** A try every so many tokens costs less than can be measured, and notices when the text changes. */
const LONGEST_PAUSE = 1024;

/** What is known of the drafts for one text, or for all texts of a model. */
export class DraftRecord {
  #acceptance: number;
  #pause: number;
  #waiting: number;
  #checked = 0;

  /** @param model the record of all texts, from which a new text starts */
  constructor(model?: DraftRecord) {
    this.#acceptance = model?.acceptance ?? FIRST_ACCEPTANCE;
    this.#pause = model ? model.#pause : FIRST_PAUSE;
    this.#waiting = this.#pause > FIRST_PAUSE ? this.#pause : 0;
  }

  /** Probability that a drafted token is right if those before it are. */
  get acceptance(): number {
    return this.#acceptance;
  }

  get isPaused(): boolean {
    return this.#waiting > 0;
  }

  /** @param outcomes whether each drafted token was right, up to the first that was not */
  observe(outcomes: readonly boolean[]): void {
    this.#checked += outcomes.length;
    for (const isRight of outcomes)
      this.#acceptance += NEWEST_WEIGHT * ((isRight ? 1 : 0) - this.#acceptance);
  }

  /** Must be called when drafting does not pay. The next attempt starts without prejudice. */
  pause(): void {
    this.#waiting = this.#pause;
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    this.#acceptance = FIRST_ACCEPTANCE;
    this.#checked = 0;
  }

  /** Must be called when drafting is expected to pay. Once enough tokens have been checked, it is known to. */
  succeed(): void {
    if (this.#checked >= TRIAL_TOKENS) this.#pause = FIRST_PAUSE;
  }

  /** Counts one generated token. */
  tick(): void {
    if (this.#waiting > 0) this.#waiting--;
  }
}
