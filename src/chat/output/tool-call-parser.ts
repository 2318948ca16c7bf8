import type { Tool } from '../../api/common.ts';
import { repairedCalls } from '../families/shared/repaired-calls.ts';
import { CallSearch } from './call-search.ts';
import type { OutputEvent, OutputParser } from './output-parser.ts';
import { findTag, partialTagLength } from './tag-scan.ts';

/** Remains of the call syntax after a call, and what models write there by mistake. */
const strays = ['```', '</function>', '</parameter>', '</invoke>'];
const leftover = /^(?:[\s}\],;]|```|<\/(?:function|parameter|invoke)>)+/;

/**
 * Finds tool calls in whatever syntax a Go template uses: after a tag, the name of a tool and a JSON object near it form a
 * call. If JSON itself is the tag, an answer that begins with other text has no calls. Text that turns out not to be a
 * call is content.
 */
export class ToolCallParser implements OutputParser {
  readonly #tag: string;
  readonly #tools: readonly Tool[];
  readonly #names: readonly string[];
  readonly #isBracket: boolean;
  /** `</x>` if the tag is `<x>`. */
  readonly #closingTag: string | undefined;
  #state: 'before' | 'calling' | 'done' = 'before';
  #pending = '';
  #search: CallSearch;
  /** Whether to drop white space, after the closing tag. */
  #dropsSpace = false;
  /** Whether a call was found after the last tag. */
  #hasCalls = false;
  /** Whether the text after the last call is known not to end the calls. */
  #isWithin = false;
  /** Whether a call was found after any tag. */
  #anyCalls = false;

  /** @param tools in the prompt */
  constructor(tag: string, tools: readonly Tool[]) {
    const names = tools.map((tool) => tool.function.name);
    this.#tag = tag;
    this.#tools = tools;
    this.#names = names;
    this.#isBracket = tag === '{' || tag === '[';
    this.#closingTag = /^<[^/<>]+>$/.test(tag) ? `</${tag.slice(1)}` : undefined;
    this.#search = new CallSearch(names);
  }

  push(text: string): OutputEvent[] {
    const events: OutputEvent[] = [];
    this.#take(text, events);
    return events;
  }

  end(isCut = false): OutputEvent[] {
    const events: OutputEvent[] = [];
    if (this.#state === 'calling') this.#endCalls(events, isCut);
    else if (!(isCut && this.#anyCalls)) emit(this.#pending, events);
    this.#pending = '';
    return events;
  }

  #take(text: string, events: OutputEvent[]): void {
    if (this.#state === 'done') emit(text, events);
    else if (this.#state === 'before') this.#lookForTag(text, events);
    else this.#lookForCalls(text, events);
  }

  #lookForTag(text: string, events: OutputEvent[]): void {
    this.#pending += this.#dropsSpace ? text.trimStart() : text;
    if (this.#pending === '') return;
    this.#dropsSpace = false;
    const tags = [{ tag: this.#tag }];
    const at = findTag(this.#pending, tags)?.at;
    const end = at ?? this.#pending.length - partialTagLength(this.#pending, tags);
    const before = this.#pending.slice(0, end);
    const rest = this.#pending.slice(end);
    if (this.#isBracket && before.trim() !== '') {
      this.#state = 'done';
      emit(this.#pending, events);
      this.#pending = '';
      return;
    }
    emit(before, events);
    this.#pending = at === undefined ? rest : '';
    if (at === undefined) return;
    this.#state = 'calling';
    this.#hasCalls = false;
    this.#isWithin = false;
    this.#search = new CallSearch(this.#names);
    this.#lookForCalls(rest, events);
  }

  #lookForCalls(text: string, events: OutputEvent[]): void {
    let found = this.#search.push(text);
    while (found) {
      events.push({ type: 'tool-call', call: found.call });
      this.#hasCalls = true;
      this.#isWithin = false;
      this.#anyCalls = true;
      const rest = this.#search.text.slice(found.end);
      this.#search = new CallSearch(this.#names);
      found = this.#search.push(rest);
    }
    if (this.#hasCalls && !this.#isWithin) this.#lookForEnd(events);
  }

  /** Searches, after a call, for the end of the calls, so that text after them is content again. */
  #lookForEnd(events: OutputEvent[]): void {
    const { text } = this.#search;
    const rest = text.replace(leftover, '');
    if (this.#isBracket) {
      this.#isWithin = rest.startsWith('{') || rest.startsWith('[');
      if (rest === '' || this.#isWithin) return;
      this.#state = 'done';
      emit(rest, events);
      return;
    }
    if (strays.some((stray) => stray.startsWith(rest))) return;
    this.#isWithin =
      this.#closingTag === undefined || !this.#closingTag.startsWith(rest.slice(0, this.#closingTag.length));
    if (this.#closingTag === undefined || !rest.startsWith(this.#closingTag)) return;
    this.#state = 'before';
    this.#dropsSpace = true;
    this.#take(rest.slice(this.#closingTag.length), events);
  }

  #endCalls(events: OutputEvent[], isCut: boolean): void {
    const found = this.#search.end();
    if (!found && !this.#hasCalls && this.#endInOtherSyntax(events)) return;
    if (found) events.push({ type: 'tool-call', call: found.call });
    const text = found ? this.#search.text.slice(found.end) : this.#search.text;
    const rest = found || this.#hasCalls ? this.#afterCalls(text) : text;
    emit(isCut && (found || this.#anyCalls) ? this.#withoutBegunCall(rest) : rest, events);
  }

  #afterCalls(text: string): string {
    const rest = text.replace(leftover, '');
    const close = this.#closingTag;
    return close !== undefined && rest.startsWith(close) ? rest.slice(close.length).trimStart() : rest;
  }

  /** Calls that the model wrote in the syntax of another family, between the tags of this one. */
  #endInOtherSyntax(events: OutputEvent[]): boolean {
    const body = this.#search.text.slice(this.#tag.length);
    const close = this.#closingTag;
    const end = close === undefined ? -1 : body.lastIndexOf(close);
    const calls = repairedCalls(end < 0 ? body : body.slice(0, end), this.#tools);
    if (!calls) return false;
    events.push(...calls.map((call): OutputEvent => ({ type: 'tool-call', call })));
    if (close !== undefined && end >= 0) emit(body.slice(end + close.length).trimStart(), events);
    return true;
  }

  /** The text before what may be the beginning of another call. */
  #withoutBegunCall(text: string): string {
    if (!this.#hasCalls) return '';
    const begun = [this.#tag, this.#closingTag ?? this.#tag, '{', '[', ...this.#names];
    const at = begun.map((start) => text.indexOf(start)).filter((index) => index >= 0);
    const end = Math.min(
      ...at,
      text.length -
        partialTagLength(
          text,
          begun.map((tag) => ({ tag })),
        ),
    );
    return text.slice(0, end).trimEnd();
  }
}

function emit(text: string, events: OutputEvent[]): void {
  if (text !== '') events.push({ type: 'content', text });
}
