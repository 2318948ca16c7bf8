import type { WorkMeter } from '../../base/work-meter.ts';

const CODE_POINTS = 0x110000;
/** UTF-16 units that are escaped between two looks at the meter: a few milliseconds. */
const CHUNK_LENGTH = 2 ** 16;
/** Escapes that take as long as one step of `WorkMeter`. */
const ESCAPES_PER_STEP = 4;

const UNKNOWN = 0;
const PLAIN = 1;
const ESCAPED = 2;

/** Replaces some characters of a text. What each character becomes is found out once. */
export class EscapeTable {
  readonly #escapeOf: (character: string) => string | undefined;
  readonly #escaped: RegExp | undefined;
  readonly #states = new Uint8Array(CODE_POINTS);
  readonly #escapes = new Map<number, string>();

  /**
   * @param escapeOf what a character becomes; undefined if it stays as it is
   * @param escaped matches the characters that change, if they are few: finds out faster that a text has none
   */
  constructor(escapeOf: (character: string) => string | undefined, escaped?: RegExp) {
    this.#escapeOf = escapeOf;
    this.#escaped = escaped;
  }

  /** @throws OverLimit if the meter does not allow the text */
  escape(text: string, meter?: WorkMeter): string {
    if (text.length <= CHUNK_LENGTH) return this.#chunk(text, meter);
    const chunks: string[] = [];
    for (let start = 0; start < text.length; ) {
      const end = start + CHUNK_LENGTH;
      // A character that takes two units stays whole.
      const cut = end + ((text.codePointAt(end - 1) ?? 0) > 0xffff ? 1 : 0);
      chunks.push(this.#chunk(text.slice(start, cut), meter));
      start = cut;
    }
    return chunks.join('');
  }

  #chunk(text: string, meter: WorkMeter | undefined): string {
    const result = this.#escaped?.test(text) === false ? text : this.#replaced(text, meter);
    return meter ? meter.made(result) : result;
  }

  #replaced(text: string, meter: WorkMeter | undefined): string {
    const states = this.#states;
    const parts: string[] = [];
    let from = 0;
    for (let at = 0; at < text.length; ) {
      const code = text.codePointAt(at) ?? 0;
      const next = at + (code > 0xffff ? 2 : 1);
      if (states[code] === ESCAPED || (states[code] === UNKNOWN && this.#learn(code))) {
        if (at > from) parts.push(text.slice(from, at));
        parts.push(this.#escapes.get(code) ?? '');
        from = next;
      }
      at = next;
    }
    meter?.step(Math.ceil(parts.length / ESCAPES_PER_STEP));
    if (from === 0) return text;
    parts.push(text.slice(from));
    return parts.join('');
  }

  /** @returns whether the character is escaped */
  #learn(code: number): boolean {
    const replacement = this.#escapeOf(String.fromCodePoint(code));
    this.#states[code] = replacement === undefined ? PLAIN : ESCAPED;
    if (replacement !== undefined) this.#escapes.set(code, replacement);
    return replacement !== undefined;
  }
}
