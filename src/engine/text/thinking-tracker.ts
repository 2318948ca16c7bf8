import type { ThinkingOptions } from '../../protocol/completion.ts';

/** Follows a completion through its thinking: counts the thinking tokens and reports when the budget is used up. */
export class ThinkingTracker {
  readonly #options: ThinkingOptions;
  /** The latest text, as much of it as a tag may span. */
  #tail = '';
  #isThinking: boolean;
  #isOver = false;
  #isStopped = false;
  #tokens = 0;
  readonly #now: () => number;
  #endedAt: number | undefined;

  /** @param now returns milliseconds of a monotonic clock */
  constructor(options: ThinkingOptions, now: () => number = () => performance.now()) {
    this.#options = options;
    this.#now = now;
    this.#isThinking = options.startsInside;
  }

  /** Number of thinking tokens, tags included. */
  get tokens(): number {
    return this.#tokens;
  }

  /** When the thinking ended, in milliseconds of the clock; undefined = it goes on, or there was none. */
  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  /** Ends the thinking, as if its budget were used up. */
  stop(): void {
    this.#isStopped = true;
  }

  /** True when the thinking has used up its budget, or was stopped, and has not ended by itself. */
  get isSpent(): boolean {
    const { budget } = this.#options;
    const isUsedUp = this.#isStopped || (budget !== undefined && this.#tokens >= budget);
    return this.#isThinking && isUsedUp;
  }

  /** Takes the text of the next token. */
  observe(text: string): void {
    if (this.#isOver) return;
    const { start, end } = this.#options;
    this.#tail += text;
    if (!this.#isThinking) {
      if (start === undefined || !this.#leave(start)) {
        this.#isOver = start === undefined || !mayStillBegin(this.#tail, start);
        return;
      }
      this.#isThinking = true;
    }
    this.#tokens++;
    if (this.#leave(end)) {
      this.#isThinking = false;
      this.#isOver = true;
      this.#endedAt = this.#now();
    } else this.#tail = this.#tail.slice(-end.length);
  }

  /** @returns whether the tail contains the tag; if so, the tail continues after it */
  #leave(tag: string): boolean {
    const at = this.#tail.indexOf(tag);
    if (at < 0) return false;
    this.#tail = this.#tail.slice(at + tag.length);
    return true;
  }
}

/** Whether thinking may still begin: it comes first, except for white space, or not at all. */
function mayStillBegin(text: string, start: string): boolean {
  const begun = text.trimStart();
  return start.startsWith(begun.slice(0, start.length));
}
