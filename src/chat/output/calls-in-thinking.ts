import type { OutputEvent, OutputParser } from './output-parser.ts';

/** Text that a parser may hold back while it reads a call inside the thinking; longer calls than this stay thinking. */
const MAX_CALL_CHARACTERS = 262_144;
/**
 * Text after a whole call that may be held back until it is known whether the thinking goes on. A model that writes more was
 * thinking about the call.
 */
const MAX_FOLLOWING_CHARACTERS = 16_384;

/**
 * Finds calls that a model writes before it has closed its thinking. Whether such a call is meant is known only later, so it is
 * held back together with what follows it:
 * - the completion ends, also right after the closing tag: the calls are made, and the thinking ends before the first one;
 * - an answer or a call follows the closing tag: all of it was thinking;
 * - the token limit ends the completion inside text after the calls: the model was still thinking.
 * Each character is read twice, and the text that is held back is bounded.
 */
export class CallsInThinking implements OutputParser {
  readonly #inner: OutputParser;
  readonly #createProbe: () => OutputParser;
  #probe: OutputParser;
  /** Thinking that the probe has read and that is not passed on yet. */
  #raw: string[] = [];
  #rawLength = 0;
  /** What the probe found from the first call on. */
  #found: OutputEvent[] = [];
  /** Length of `#raw` when the last call was found. */
  #lengthAtCall = 0;
  /** White space at the end of the thinking that was passed on, which a call drops. */
  #spaces: string[] = [];
  /** White space after the thinking. */
  #after: OutputEvent[] = [];

  /** @param createProbe makes a parser that returns text as it is, except for calls of known tools */
  constructor(inner: OutputParser, createProbe: () => OutputParser) {
    this.#inner = inner;
    this.#createProbe = createProbe;
    this.#probe = createProbe();
  }

  push(text: string): OutputEvent[] {
    return this.#inner.push(text).flatMap((event) => this.#take(event));
  }

  end(isCut = false): OutputEvent[] {
    const events = this.#inner.end(isCut).flatMap((event) => this.#take(event));
    const rest = this.#probe.end(isCut);
    if (this.#rawLength === 0) return [...events, ...this.#release(), ...this.#after];
    const found = [...this.#found, ...rest];
    const isMade = found.some(isCall) && !(isCut && endsInText(found));
    if (!isMade) return [...events, ...this.#release(), ...this.#after];
    const first = found.findIndex(isCall);
    const before = found.slice(0, first).map(textOf).join('');
    return [...events, ...this.#pass(before), ...found.slice(first).map(asContent), ...this.#after];
  }

  #take(event: OutputEvent): OutputEvent[] {
    if (event.type === 'thinking') {
      // Thinking that begins again shows that what came before was closed.
      const before = this.#after.length > 0 ? this.#release(this.#after.splice(0)) : [];
      return [...before, ...this.#think(event.text)];
    }
    if (this.#rawLength > 0 && event.type === 'content' && event.text.trim() === '') {
      this.#after.push(event);
      return [];
    }
    return [...this.#release(this.#after.splice(0)), event];
  }

  #think(written: string): OutputEvent[] {
    this.#raw.push(written);
    this.#rawLength += written.length;
    const events = this.#probe.push(written);
    const first = this.#found.length > 0 ? 0 : events.findIndex(isCall);
    // Before the first call, the probe returns exactly the text that it was given.
    const passed = first < 0 ? events : events.slice(0, first);
    if (first >= 0) this.#found.push(...events.slice(first));
    if (events.some(isCall)) this.#lengthAtCall = this.#rawLength;
    const text = passed.map(textOf).join('');
    this.#drop(text.length);
    const thinking = this.#pass(text);
    const limit =
      this.#found.length > 0 ? this.#lengthAtCall + MAX_FOLLOWING_CHARACTERS : MAX_CALL_CHARACTERS;
    return this.#rawLength > limit ? [...thinking, ...this.#release()] : thinking;
  }

  /** Forgets the first characters of the text that is held back. */
  #drop(length: number): void {
    if (length === 0) return;
    this.#rawLength -= length;
    this.#lengthAtCall -= length;
    this.#raw = this.#rawLength === 0 ? [] : [this.#raw.join('').slice(length)];
  }

  /** Passes all that is held back on as thinking. @param after what came after it */
  #release(after: readonly OutputEvent[] = []): OutputEvent[] {
    if (this.#rawLength === 0 && this.#spaces.length === 0) return [...after];
    const text = [...this.#spaces, ...this.#raw].join('');
    this.#spaces = [];
    if (this.#rawLength > 0) this.#probe = this.#createProbe();
    this.#raw = [];
    this.#rawLength = 0;
    this.#found = [];
    return [{ type: 'thinking', text }, ...after];
  }

  /** @returns the thinking without the white space at its end */
  #pass(text: string): OutputEvent[] {
    const trimmed = text.trimEnd();
    const rest = text.slice(trimmed.length);
    const whole = trimmed === '' ? '' : this.#spaces.splice(0).join('') + trimmed;
    if (rest !== '') this.#spaces.push(rest);
    return whole === '' ? [] : [{ type: 'thinking', text: whole }];
  }
}

function isCall({ type }: OutputEvent): boolean {
  return type === 'tool-call';
}

function textOf(event: OutputEvent): string {
  return event.type === 'tool-call' ? '' : event.text;
}

function asContent(event: OutputEvent): OutputEvent {
  return event.type === 'tool-call' ? event : { type: 'content', text: event.text };
}

/** Whether text other than white space follows the last call. */
function endsInText(events: readonly OutputEvent[]): boolean {
  const last = events.findLastIndex(isCall);
  return events.slice(last + 1).some((event) => event.type !== 'tool-call' && event.text.trim() !== '');
}
