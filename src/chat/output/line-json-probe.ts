import { JsonScan } from './json-scan.ts';
import type { OutputEvent, OutputParser, ParsedCall } from './output-parser.ts';

/** White space between a bracket and what follows it is shorter. */
const HEAD_CHARACTERS = 64;

/**
 * Searches thinking for calls of models that write them as bare JSON: an object or a list at the start of a line. All other
 * text is returned unchanged.
 */
export class LineJsonProbe implements OutputParser {
  readonly #read: (text: string) => readonly ParsedCall[] | undefined;
  #isLineStart = true;
  #scan: JsonScan | undefined;
  #held: string[] = [];
  /** The beginning of the held text. */
  #head = '';

  /** @param read undefined unless the text is calls of known tools */
  constructor(read: (text: string) => readonly ParsedCall[] | undefined) {
    this.#read = read;
  }

  push(text: string): OutputEvent[] {
    const events: OutputEvent[] = [];
    for (let rest = text; rest !== ''; ) {
      rest = this.#scan ? this.#inValue(this.#scan, rest, events) : this.#before(rest, events);
    }
    return events;
  }

  end(): OutputEvent[] {
    const text = this.#held.splice(0).join('');
    this.#scan = undefined;
    return text === '' ? [] : [{ type: 'thinking', text }];
  }

  #before(text: string, events: OutputEvent[]): string {
    const isHere = this.#isLineStart && /^[{[]/.test(text);
    const found = isHere ? 0 : text.search(/\n[{[]/);
    const at = isHere || found < 0 ? found : found + 1;
    this.#emit(at < 0 ? text : text.slice(0, at), events);
    if (at < 0) return '';
    this.#scan = new JsonScan();
    this.#head = '';
    return text.slice(at);
  }

  #inValue(scan: JsonScan, text: string, events: OutputEvent[]): string {
    const end = scan.passValue(text);
    this.#held.push(text.slice(0, end));
    if (this.#head.length < HEAD_CHARACTERS) this.#head = (this.#head + text).slice(0, HEAD_CHARACTERS);
    // A bracket that no key, list or object follows is text.
    const isText = /^[{[]\s*[^\s"{[]/.test(this.#head);
    if (end === undefined && !isText) return '';
    const whole = this.#held.splice(0).join('');
    this.#scan = undefined;
    const calls = end === undefined ? undefined : this.#read(whole);
    if (calls) events.push(...calls.map((call): OutputEvent => ({ type: 'tool-call', call })));
    else this.#emit(whole, events);
    return end === undefined ? '' : text.slice(end);
  }

  #emit(text: string, events: OutputEvent[]): void {
    if (text === '') return;
    this.#isLineStart = text.endsWith('\n');
    events.push({ type: 'thinking', text });
  }
}
