import { JsonScan } from '../../output/json-scan.ts';
import { LineJsonProbe } from '../../output/line-json-probe.ts';
import type { OutputEvent, OutputParser } from '../../output/output-parser.ts';
import type { Family, ParserFamily } from '../family.ts';
import { jsonCalls } from '../shared/json-call.ts';

/**
 * Calls as JSON at the start of the answer, `{"name": "f", "parameters": {}}`: one, several, or a list. Models whose call
 * format is not known usually write calls like this. Only known tools count, and only before any other text.
 */
class BareJsonCalls implements OutputParser {
  readonly #names: ReadonlySet<string>;
  #isOff: boolean;
  #scan: JsonScan | undefined;
  /** White space and separators, followed by the beginning of a value. */
  #held: string[] = [];

  constructor(names: ReadonlySet<string>) {
    this.#names = names;
    this.#isOff = names.size === 0;
  }

  push(text: string): OutputEvent[] {
    const events: OutputEvent[] = [];
    for (let rest = text; rest !== ''; ) {
      if (this.#isOff) return [...events, { type: 'content', text: rest }];
      rest = this.#scan ? this.#inValue(this.#scan, rest, events) : this.#beforeValue(rest, events);
    }
    return events;
  }

  end(isCut = false): OutputEvent[] {
    const text = this.#held.splice(0).join('');
    // Separators after the last call have no meaning.
    const isLeftOut = this.#hasCalls && (isCut || !this.#scan);
    return text === '' || isLeftOut ? [] : [{ type: 'content', text }];
  }

  #hasCalls = false;

  /** @returns the text that is still to be searched */
  #beforeValue(text: string, events: OutputEvent[]): string {
    const start = text.search(this.#hasCalls ? /[^\s,;]/ : /\S/);
    if (start < 0) {
      this.#held.push(text);
      return '';
    }
    this.#held.push(text.slice(0, start));
    if ('{['.includes(text.charAt(start))) this.#scan = new JsonScan();
    else this.#turnOff(events);
    return text.slice(start);
  }

  #inValue(scan: JsonScan, text: string, events: OutputEvent[]): string {
    const end = scan.passValue(text);
    this.#held.push(text.slice(0, end));
    if (end === undefined) return '';
    this.#scan = undefined;
    const calls = jsonCalls(this.#held.join('').replace(/^[\s,;]+/, ''));
    if (calls?.every(({ name }) => this.#names.has(name))) {
      events.push(...calls.map((call): OutputEvent => ({ type: 'tool-call', call })));
      this.#held = [];
      this.#hasCalls = true;
    } else this.#turnOff(events);
    return text.slice(end);
  }

  #turnOff(events: OutputEvent[]): void {
    const text = this.#held.splice(0).join('');
    this.#isOff = true;
    if (text !== '') events.push({ type: 'content', text });
  }
}

export const bareJsonParser: ParserFamily = {
  hasTools: true,
  hasThinking: false,
  visibleTokens: [],
  callSyntax: {
    open: '',
    separator: '\n',
    close: '',
    beforeArguments: (name) => `{"name": ${JSON.stringify(name)}, "parameters": `,
    afterArguments: '}',
    argumentSyntax: { form: 'json' },
  },
  callProbe: (tools) => {
    const names = new Set(tools.map((tool) => tool.function.name));
    return new LineJsonProbe((text) => {
      const calls = jsonCalls(text);
      return calls?.every(({ name }) => names.has(name)) ? calls : undefined;
    });
  },
  create: ({ tools }) => new BareJsonCalls(new Set(tools.map((tool) => tool.function.name))),
};

export const bareJsonCalls: Family = { parsers: { 'json-calls': bareJsonParser } };
