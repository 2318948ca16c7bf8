import type { OutputEvent, OutputParser } from './output-parser.ts';

/** Two parsers in a row: what the first one takes for content is looked at by the second. */
export class StagedParser implements OutputParser {
  readonly #first: OutputParser;
  readonly #second: OutputParser;

  constructor(first: OutputParser, second: OutputParser) {
    this.#first = first;
    this.#second = second;
  }

  push(text: string): OutputEvent[] {
    return this.#pass(this.#first.push(text));
  }

  end(): OutputEvent[] {
    return [...this.#pass(this.#first.end()), ...this.#second.end()];
  }

  #pass(events: readonly OutputEvent[]): OutputEvent[] {
    return events.flatMap((event) => (event.type === 'content' ? this.#second.push(event.text) : [event]));
  }
}
