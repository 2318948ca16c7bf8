import { JsonScan } from './json-scan.ts';
import type { OutputEvent, OutputParser, ParsedCall } from './output-parser.ts';
import { type Departure, type Exit, text as noBody, type Segment } from './segment.ts';
import { findTag, partialTagLength } from './tag-scan.ts';

/**
 * Closing tags inside one body: each of them is a reason to read the whole body again. Real arguments that quote the tag
 * do so a few times.
 */
const MAX_CLOSING_TAGS = 100;

interface SegmentOptions {
  /** Whether a call counts; the body of another one is text. All count if absent. */
  readonly accepts?: (call: ParsedCall) => boolean;
  /** How bodies begin whose segments do not say. */
  readonly begins?: readonly string[];
}

/** Splits a completion at the tags between its segments. It takes linear time. */
export class SegmentParser implements OutputParser {
  #segment: Segment;
  /** For a body: the text before it, which is returned with it if the body stays unfinished. */
  #opening = '';
  /** For a body: the text that has already been searched for tags. */
  #collected: string[] = [];
  #scan = new JsonScan();
  /** The last segment that was not a body. */
  #outer: Segment;
  /** Text that has not been searched yet, or is held back. */
  #pending = '';
  #isAtStart = true;
  #hasCalls = false;
  /** White space before `#pending`, which is text unless an exit follows. No tag begins in it. */
  #spaces: string[] = [];
  /** White space dropped before the last exit. */
  #dropped = '';
  /** The first character of the body that is not white space. */
  #first = '';
  /** Exits of a body that did not end it. */
  #closingTags = 0;

  readonly #options: SegmentOptions;

  constructor(start: Segment, options: SegmentOptions = {}) {
    this.#options = options;
    this.#segment = start;
    this.#outer = start.kind === 'body' ? plain : start;
  }

  push(text: string): OutputEvent[] {
    this.#pending += text;
    const events: OutputEvent[] = [];
    while (this.#advance(events, false));
    this.#hasCalls ||= events.some(isCall);
    return events;
  }

  end(isCut = false): OutputEvent[] {
    const events: OutputEvent[] = [];
    while (this.#advance(events, true));
    const { kind, unfinished, exits } = this.#segment;
    const rest = [...this.#collected, ...this.#spaces, this.#pending].join('');
    this.#collected = [];
    this.#spaces = [];
    this.#pending = '';
    const last = kind === 'body' ? (this.#accepted(unfinished?.(rest)) ?? this.#asText(rest)) : [];
    const leavesOut = isCut && (this.#hasCalls || [...events, ...last].some(isCall));
    if (kind === 'body') return [...events, ...(leavesOut ? last.filter(isCall) : last)];
    const length = rest.length - (leavesOut ? partialTagLength(rest, exits) : 0);
    return [...events, ...textEvents(kind, rest.slice(0, length))];
  }

  /** @returns whether a tag was found, so that there may be more to do */
  #advance(events: OutputEvent[], isLast: boolean): boolean {
    const { kind } = this.#segment;
    this.#trimStart();
    const begins = this.#begins();
    if (begins === undefined) return false;
    if (!begins) return this.#resume('', events);
    const found = this.#findExit(isLast);
    if (found === undefined) {
      const held = this.#heldLength();
      this.#pass(this.#pending.length - held, events, false);
      return false;
    }
    const { at, exit } = found;
    this.#pass(at, events, true);
    this.#pending = this.#pending.slice(exit.tag.length);
    if (this.#isInString()) return this.#collect(exit.tag);
    const body = this.#collected.join('');
    const isStuck = kind === 'body' && ++this.#closingTags > MAX_CLOSING_TAGS;
    const departure = isStuck ? noBody : this.#leave(exit, body);
    if (departure === noBody) return this.#resume(body + exit.tag, events);
    if (departure) {
      events.push(...(departure.events ?? []));
      this.#enter(departure, body + exit.tag);
      return true;
    }
    this.#isAtStart = false;
    if (kind === 'body') return this.#collect(exit.tag);
    events.push({ type: kind, text: exit.tag });
    return true;
  }

  #leave(exit: Exit, body: string): ReturnType<Exit['leave']> {
    const departure = exit.leave(body);
    if (departure === undefined || departure === noBody) return departure;
    return this.#accepted(departure.events ?? []) ? departure : noBody;
  }

  /** @returns undefined if one of the calls does not count */
  #accepted<Events extends readonly OutputEvent[]>(events: Events | undefined): Events | undefined {
    const { accepts } = this.#options;
    const isKnown = (event: OutputEvent) => event.type !== 'tool-call' || !accepts || accepts(event.call);
    return events?.every(isKnown) ? events : undefined;
  }

  /** A body without an end, as text of the segment before it. */
  #asText(rest: string): OutputEvent[] {
    return textEvents(this.#outer.kind === 'thinking' ? 'thinking' : 'content', this.#opening + rest);
  }

  /** Whether the body begins as it must; undefined if it is too early to decide. True for other segments. */
  #begins(): boolean | undefined {
    const { kind, begins = this.#options.begins } = this.#segment;
    if (kind !== 'body' || !begins || !this.#isAtStart) return true;
    const start = this.#pending.trimStart();
    if (begins.some((beginning) => start.startsWith(beginning))) return true;
    return begins.some((beginning) => beginning.startsWith(start)) ? undefined : false;
  }

  /** Returns to the segment before the body; the whole body is text. */
  #resume(body: string, events: OutputEvent[]): true {
    events.push(...this.#asText(body));
    this.#enter({ next: this.#outer }, '');
    this.#isAtStart = false;
    return true;
  }

  #isInString(): boolean {
    return this.#segment.kind === 'body' && this.#hasStrings && this.#scan.isInString;
  }

  #collect(text: string): true {
    this.#collected.push(text);
    this.#first ||= text.trimStart().charAt(0);
    if (this.#hasStrings) this.#scan.pass(text);
    return true;
  }

  /** A model may write something else than JSON where JSON belongs; quotes mean nothing there. */
  get #hasStrings(): boolean {
    return this.#segment.hasStrings === true && this.#first !== '<';
  }

  /** Finds the next exit; undefined also if a longer tag may still replace the one that was found. */
  #findExit(isLast: boolean): { at: number; exit: Exit } | undefined {
    const { exits } = this.#segment;
    const start = this.#startExits().filter(({ tag }) => this.#pending.startsWith(tag));
    const found = findTag(this.#pending, start) ?? findTag(this.#pending, exits);
    if (!found || isLast) return found;
    const rest = this.#pending.slice(found.at);
    const longer = found.at === 0 ? [...exits, ...this.#startExits()] : exits;
    const mayGrow = longer.some(({ tag }) => tag.length > rest.length && tag.startsWith(rest));
    return mayGrow ? undefined : found;
  }

  #heldLength(): number {
    const mayStart = this.#startExits().some(({ tag }) => tag.startsWith(this.#pending));
    return mayStart ? this.#pending.length : partialTagLength(this.#pending, this.#segment.exits);
  }

  #startExits(): readonly Exit[] {
    return this.#isAtStart && this.#spaces.length === 0 ? (this.#segment.startExits ?? []) : [];
  }

  /** Emits or collects the first `length` characters of the pending text. */
  #pass(length: number, events: OutputEvent[], isAtExit: boolean): void {
    const { kind, trimsEnd } = this.#segment;
    let text = this.#pending.slice(0, length);
    this.#pending = this.#pending.slice(length);
    if (kind !== 'body' && trimsEnd) {
      const trimmed = text.trimEnd();
      const before = trimmed === '' ? '' : this.#spaces.splice(0).join('');
      if (trimmed.length < text.length) this.#spaces.push(text.slice(trimmed.length));
      if (isAtExit) this.#dropped = this.#spaces.splice(0).join('');
      text = before + trimmed;
    }
    if (text === '') return;
    this.#isAtStart = false;
    if (kind === 'body') this.#collect(text);
    else events.push({ type: kind, text });
  }

  #trimStart(): void {
    if (this.#isAtStart && this.#segment.trimsStart) this.#pending = this.#pending.trimStart();
  }

  #enter({ next, events = [] }: Departure, passed: string): void {
    const before = this.#segment.kind === 'body' ? this.#opening : this.#dropped;
    this.#dropped = '';
    this.#opening = events.length > 0 ? '' : before + passed;
    this.#segment = next;
    if (next.kind !== 'body') this.#outer = next;
    this.#collected = [];
    this.#closingTags = 0;
    this.#first = '';
    this.#scan = new JsonScan();
    this.#isAtStart = true;
  }
}

const plain: Segment = { kind: 'content', exits: [] };

function isCall({ type }: OutputEvent): boolean {
  return type === 'tool-call';
}

function textEvents(type: 'content' | 'thinking', text: string): OutputEvent[] {
  return text === '' ? [] : [{ type, text }];
}
