import type { OutputEvent, OutputParser } from './output-parser.ts';

/** Two parsers in sequence: the second parses what the first one returns as content. */
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

  end(isCut?: boolean): OutputEvent[] {
    return [...this.#pass(this.#first.end(isCut)), ...this.#second.end(isCut)];
  }

  #pass(events: readonly OutputEvent[]): OutputEvent[] {
    return events.flatMap((event) => (event.type === 'content' ? this.#second.push(event.text) : [event]));
  }
}
