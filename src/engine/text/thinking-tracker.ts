import type { ThinkingOptions } from '../../protocol/completion.ts';

/** Follows a completion through its thinking: counts its tokens, and tells when there were enough of them. */
export class ThinkingTracker {
  readonly #options: ThinkingOptions;
  /** As much of the latest text as a tag may be spread over. */
  #tail = '';
  #isThinking: boolean;
  #isOver = false;
  #tokens = 0;

  constructor(options: ThinkingOptions) {
    this.#options = options;
    this.#isThinking = options.startsInside;
  }

  /** Tokens of thinking, tags included. */
  get tokens(): number {
    return this.#tokens;
  }

  /** True once the thinking has used up its budget and has not ended by itself. */
  get isSpent(): boolean {
    const { budget } = this.#options;
    return this.#isThinking && budget !== undefined && this.#tokens >= budget;
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
    } else this.#tail = this.#tail.slice(-end.length);
  }

  /** @returns whether the tag is in the tail, which then goes on behind it */
  #leave(tag: string): boolean {
    const at = this.#tail.indexOf(tag);
    if (at < 0) return false;
    this.#tail = this.#tail.slice(at + tag.length);
    return true;
  }
}

/** Thinking comes first or not at all, but for white space. */
function mayStillBegin(text: string, start: string): boolean {
  const begun = text.trimStart();
  return start.startsWith(begun.slice(0, start.length));
}
