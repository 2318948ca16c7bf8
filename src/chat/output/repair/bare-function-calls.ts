import type { Tool } from '../../../api/common.ts';
import type { OutputEvent, OutputParser, ParsedCall } from '../output-parser.ts';

const OPEN = '<function=';
const CLOSE = '</function>';

export interface BareFunctionOptions {
  readonly tools: readonly Tool[];
  /** Reads `<function=…>…</function>`; undefined unless it is a call of one of the tools. */
  readonly read: (text: string) => readonly ParsedCall[] | undefined;
  /** Tags that belong around calls; models that forget the opening one write the closing one. */
  readonly closingTags: readonly string[];
  /** The opening tags for those; one in front of a call is dropped if the family's own parser found no call behind it. */
  readonly openingTags: readonly string[];
}

/**
 * Reads `<function=NAME>…</function>` in the content of an answer, outside of a family's own tags: at the start of a line, with
 * the name of a known tool, and closed. Everything else passes unchanged.
 */
export class BareFunctionCalls implements OutputParser {
  readonly #inner: OutputParser;
  readonly #options: BareFunctionOptions;
  readonly #heads: readonly string[];
  #isLineStart = true;
  /** What may become a call: from `<function=` on, or the beginning of that. */
  #held: string[] = [];
  /** The end of the held text, long enough to find the closing tag that is cut in two. */
  #tail = '';
  /** Whether the held text names a known tool, so that it goes on to the closing tag. */
  #isBody = false;
  #hasCalls = false;
  /** After a call: white space, and what may be a closing tag. */
  #afterCall: string | undefined;

  constructor(inner: OutputParser, options: BareFunctionOptions) {
    this.#inner = inner;
    this.#options = options;
    const names = options.tools.map((tool) => tool.function.name).filter((name) => name !== '');
    this.#heads = names.flatMap((name) => ['', '"', "'"].map((quote) => `${OPEN}${quote}${name}${quote}>`));
  }

  push(text: string): OutputEvent[] {
    return this.#inner.push(text).flatMap((event) => this.#take(event));
  }

  end(isCut?: boolean): OutputEvent[] {
    const events = this.#inner.end(isCut).flatMap((event) => this.#take(event));
    const rest = this.#release();
    // The beginning of another call, as in the families' own syntax.
    return isCut && this.#hasCalls ? events : [...events, ...rest];
  }

  #take(event: OutputEvent): OutputEvent[] {
    if (event.type !== 'content') {
      const held = this.#release();
      this.#isLineStart = true;
      return [...held, event];
    }
    const events: OutputEvent[] = [];
    for (let rest = event.text; rest !== ''; ) rest = this.#step(rest, events);
    return events;
  }

  /** @returns the text that is still to be read */
  #step(text: string, events: OutputEvent[]): string {
    if (this.#afterCall !== undefined) return this.#pastClosingTag(this.#afterCall + text);
    if (this.#isBody) return this.#inBody(text, events);
    const held = this.#held.join('');
    const whole = held + text;
    this.#held = [];
    const start = held === '' ? this.#findLineStart(whole) : 0;
    if (start > 0) this.#emit(whole.slice(0, start), events);
    const candidate = whole.slice(start);
    if (candidate === '') return '';
    const isFunction = candidate.startsWith(OPEN) || OPEN.startsWith(candidate);
    if (isFunction && this.#heads.some((head) => candidate.startsWith(head))) {
      this.#isBody = true;
      this.#tail = '';
      return candidate;
    }
    if (isFunction && this.#heads.some((head) => head.startsWith(candidate))) this.#held = [candidate];
    else {
      // Not a call: its first character is text, and no other call begins before the next line.
      this.#emit(candidate.slice(0, 1), events);
      return candidate.slice(1);
    }
    return '';
  }

  /** Where `<function=`, or the beginning of it, is at the start of a line; the length of the text if nowhere. */
  #findLineStart(text: string): number {
    if (this.#heads.length === 0) return text.length;
    if (this.#isLineStart && text.startsWith(OPEN.charAt(0))) return 0;
    const next = text.indexOf(`\n${OPEN.charAt(0)}`);
    return next < 0 ? text.length : next + 1;
  }

  #inBody(text: string, events: OutputEvent[]): string {
    const searched = this.#tail + text;
    const found = searched.indexOf(CLOSE);
    if (found < 0) {
      this.#held.push(text);
      this.#tail = searched.slice(-(CLOSE.length - 1));
      return '';
    }
    const end = found + CLOSE.length - this.#tail.length;
    const whole = this.#held.join('') + text.slice(0, end);
    this.#held = [];
    this.#tail = '';
    this.#isBody = false;
    // A tag that was only mentioned may come before that of the call.
    const last = whole.lastIndexOf(`\n${OPEN}`) + 1;
    const calls = this.#options.read(whole.slice(last));
    this.#emit(calls ? whole.slice(0, last) : whole, events);
    if (calls) {
      dropOpening(events, this.#options.openingTags);
      this.#hasCalls = true;
      events.push(...calls.map((call): OutputEvent => ({ type: 'tool-call', call })));
      this.#afterCall = '';
    }
    return text.slice(end);
  }

  /** Drops white space and one closing tag after a call. */
  #pastClosingTag(text: string): string {
    const rest = text.trimStart();
    const { closingTags } = this.#options;
    if (closingTags.some((tag) => tag.startsWith(rest) && tag !== rest)) {
      this.#afterCall = rest;
      return '';
    }
    this.#afterCall = undefined;
    this.#isLineStart = true;
    const tag = closingTags.find((closing) => rest.startsWith(closing));
    return tag === undefined ? rest : rest.slice(tag.length).trimStart();
  }

  #emit(text: string, events: OutputEvent[]): void {
    if (text === '') return;
    this.#isLineStart = text.endsWith('\n');
    const last = events.at(-1);
    if (last?.type === 'content') events[events.length - 1] = { type: 'content', text: last.text + text };
    else events.push({ type: 'content', text });
  }

  #release(): OutputEvent[] {
    const text = this.#held.join('') + (this.#afterCall ?? '');
    this.#held = [];
    this.#tail = '';
    this.#isBody = false;
    this.#afterCall = undefined;
    return text === '' ? [] : [{ type: 'content', text }];
  }
}

/** Drops an opening tag at the end of the text before a call. */
function dropOpening(events: OutputEvent[], openingTags: readonly string[]): void {
  const last = events.at(-1);
  if (last?.type !== 'content') return;
  const text = last.text.trimEnd();
  const tag = openingTags.find((opening) => text.endsWith(opening));
  if (tag === undefined) return;
  events.pop();
  const before = text.slice(0, -tag.length).trimEnd();
  if (before !== '') events.push({ type: 'content', text: before });
}
