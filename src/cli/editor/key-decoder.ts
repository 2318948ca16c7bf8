import { altName, readSequence } from './escape-sequence.ts';
import { type KeyEvent, MAX_TEXT_LENGTH, withPlainLineBreaks } from './key-event.ts';

const ESCAPE = '\u001b';
const PASTE_END = '\u001b[201~';
const CONTROL_LETTERS = '@abcdefghijklmnopqrstuvwxyz[\\]^_';
const namesByCharacter: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
};
/** C0, DEL and C1, which are never part of text that a terminal sends. */
const controlCharacter = /[\p{Cc}]/u;

/**
 * Decodes the bytes of a terminal in raw mode into keys. A name is "C-" for Ctrl, then "M-" for Alt, then a lower-case
 * letter or one of enter, tab, backspace, delete, escape, up, down, left, right, home, end. Sequences without a meaning
 * are ignored.
 */
export class KeyDecoder {
  readonly #utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  #pending = '';
  /** Chunks of a paste in progress. */
  #paste: string[] | undefined;
  #pasteLength = 0;

  /** Whether there is input that only more bytes, or `flush`, can complete. */
  get isWaiting(): boolean {
    return this.#pending !== '' || this.isPasting;
  }

  get isPasting(): boolean {
    return this.#paste !== undefined;
  }

  push(bytes: Uint8Array): KeyEvent[] {
    this.#pending += this.#utf8.decode(bytes, { stream: true });
    const events: KeyEvent[] = [];
    while (this.#pending !== '') {
      const before = this.#pending;
      const event = this.#paste ? this.#readPaste(this.#paste) : this.#readKey();
      if (event) events.push(event);
      if (this.#pending === before) break;
    }
    return events;
  }

  /** Call this when no input has arrived for a while: a lone Escape was the key itself, and an unfinished paste has ended. */
  flush(): KeyEvent[] {
    const rest = this.#pending;
    this.#pending = '';
    if (this.#paste) return [this.#endPaste(this.#paste, rest)];
    const name = rest === ESCAPE ? 'escape' : rest.length === 2 ? altName(rest.slice(1)) : undefined;
    return name === undefined ? [] : [{ type: 'key', name }];
  }

  #readKey(): KeyEvent | undefined {
    const text = this.#pending;
    if (text.startsWith(ESCAPE)) {
      const sequence = readSequence(text);
      if (!sequence) return undefined;
      this.#pending = text.slice(sequence.length);
      if (sequence.name !== 'paste-start')
        return sequence.name ? { type: 'key', name: sequence.name } : undefined;
      this.#paste = [];
      this.#pasteLength = 0;
      return undefined;
    }
    const end = text.search(controlCharacter);
    if (end !== 0) {
      const written = end < 0 ? text : text.slice(0, end);
      this.#pending = text.slice(written.length);
      return { type: 'text', text: written };
    }
    this.#pending = text.slice(1);
    const name = namesByCharacter[text.charAt(0)] ?? controlName(text.charCodeAt(0));
    return name === undefined ? undefined : { type: 'key', name };
  }

  #readPaste(chunks: string[]): KeyEvent | undefined {
    const end = this.#pending.indexOf(PASTE_END);
    if (end >= 0) {
      const rest = this.#pending.slice(0, end);
      this.#pending = this.#pending.slice(end + PASTE_END.length);
      return this.#endPaste(chunks, rest);
    }
    // The end marker may be split between chunks.
    const split = this.#pending.lastIndexOf(ESCAPE, this.#pending.length - 1);
    const isStart = split >= 0 && PASTE_END.startsWith(this.#pending.slice(split));
    const whole = isStart ? this.#pending.slice(0, split) : this.#pending;
    this.#keep(chunks, whole);
    this.#pending = this.#pending.slice(whole.length);
    return undefined;
  }

  #keep(chunks: string[], chunk: string): void {
    const room = Math.max(0, MAX_TEXT_LENGTH - this.#pasteLength);
    if (room > 0) chunks.push(chunk.slice(0, room));
    this.#pasteLength += chunk.length;
  }

  #endPaste(chunks: string[], rest: string): KeyEvent {
    this.#keep(chunks, rest);
    this.#paste = undefined;
    const text = withPlainLineBreaks(chunks.join(''));
    return { type: 'paste', text, isCut: this.#pasteLength > MAX_TEXT_LENGTH };
  }
}

function controlName(code: number): string | undefined {
  const letter = CONTROL_LETTERS[code];
  return letter === undefined ? undefined : `C-${letter}`;
}
