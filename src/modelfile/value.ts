import { isBlank, isNewline, isVisible } from './text.ts';

/**
 * Collects a value line by line until it is complete. Three double quotes or one at its start must be met by the
 * same at the end of a line; there are no escapes. Each line is looked at once, so long values cost linear time.
 */
export class ValueBuilder {
  readonly #parts: string[] = [];
  #quote: '"""' | '"' | '' | undefined;
  #last = '';

  add(part: string): void {
    const visible = visibleText(part);
    this.#parts.push(visible);
    if (isNewline(part)) return;
    const trimmed = visible.trim();
    this.#last = trimmed;
    if (trimmed !== '') this.#quote ??= openingQuote(trimmed);
  }

  /** False while the value is empty, or its closing quotes are still to come. */
  isComplete(): boolean {
    if (this.#quote === undefined) return false;
    if (!this.#last.endsWith(this.#quote)) return false;
    return this.#trimmed().length >= 2 * this.#quote.length;
  }

  text(): string {
    const trimmed = this.#trimmed();
    const quoteLength = this.#quote?.length ?? 0;
    return trimmed.slice(quoteLength, trimmed.length - quoteLength);
  }

  #trimmed(): string {
    return this.#parts.join('').trim();
  }
}

function openingQuote(text: string): '"""' | '"' | '' {
  if (text.startsWith('"""')) return '"""';
  return text.startsWith('"') ? '"' : '';
}

function visibleText(line: string): string {
  if (isNewline(line)) return line;
  let text = '';
  for (const character of line) if (isBlank(character) || isVisible(character)) text += character;
  return text;
}
