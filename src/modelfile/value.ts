import { isNewline, plainValue, trimIgnorable, trimIgnorableEnd } from './text.ts';

/**
 * Collects a value line by line until it is complete. Quotes at its start (one, three, or the announced fence) must be
 * met by the same at the end of a line; there are no escapes. Between quotes every character counts, elsewhere controls
 * are dropped. Each line is looked at once, so long values cost linear time.
 */
export class ValueBuilder {
  readonly #fence: string | undefined;
  readonly #parts: string[] = [];
  #quote: string | undefined;
  #last = '';

  constructor(fence: string | undefined) {
    this.#fence = fence;
  }

  /** @param part a line or the newline behind it */
  add(part: string): void {
    this.#parts.push(part);
    if (isNewline(part)) return;
    if (this.#quote === undefined) {
      this.#last = trimIgnorable(part);
      this.#quote = this.#openingQuote(this.#last);
      // The quotes that open are not those that close.
      this.#last = this.#last.slice(this.#quote.length);
    } else this.#last = trimIgnorableEnd(part);
  }

  /** False while closing quotes are still to come. */
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
