import { isNewline, plainValue, trimIgnorable, trimIgnorableEnd } from './text.ts';

/**
 * Collects a value line by line until it is complete. Quotes at its start (one, three, or the announced fence) need the
 * same quotes at the end of a line; there are no escapes. Every character between quotes is kept; without quotes, controls
 * are dropped. Each line is examined once, so the time is linear in the length of the value.
 */
export class ValueBuilder {
  readonly #fence: string | undefined;
  readonly #parts: string[] = [];
  #quote: string | undefined;
  #last = '';

  constructor(fence: string | undefined) {
    this.#fence = fence;
  }

  /** @param part a line, or the line break after it */
  add(part: string): void {
    this.#parts.push(part);
    if (isNewline(part)) return;
    if (this.#quote === undefined) {
      this.#last = trimIgnorable(part);
      this.#quote = this.#openingQuote(this.#last);
      // The opening quotes do not count as closing ones.
      this.#last = this.#last.slice(this.#quote.length);
    } else this.#last = trimIgnorableEnd(part);
  }

  /** False as long as closing quotes are missing. */
  isComplete(): boolean {
    return this.#last.endsWith(this.#quote ?? '');
  }

  text(): string {
    const text = this.#parts.join('');
    const length = this.#quote?.length ?? 0;
    return length === 0 ? plainValue(text) : trimIgnorable(text).slice(length, -length);
  }

  #openingQuote(text: string): string {
    const quotes = [this.#fence ?? '"""', '"""', '"'];
    return quotes.find((quote) => text.startsWith(quote)) ?? '';
  }
}
