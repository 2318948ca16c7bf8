import { LONG_TEXT_CHARACTERS, type TextMark, type TokenizedText } from '../protocol/tokens.ts';
import type { TextOptions } from './runner.ts';

/** Conversations that go on at the same time; each keeps a few hundred KiB. */
const MAX_TEXTS = 8;
/** A longer text is not kept, so that a runner's texts stay below a hundred MiB. */
const MAX_CHARACTERS = 4 * 1024 * 1024;
/** Longer than any control token. Within it, the text behind a mark must be the same, so that no longer token begins there. */
const LONGEST_CONTROL_TOKEN = 128;

interface KnownText extends TokenizedText {
  readonly text: string;
  readonly addSpecial: boolean;
  readonly salt: string | undefined;
}

/** The beginning of a text whose tokens are known. */
export interface KnownStart {
  readonly tokens: readonly number[];
  readonly marks: readonly TextMark[];
  readonly characters: number;
}

/**
 * Remembers the tokens of long texts, since each turn of a conversation begins with the text of the turn before. Only what
 * follows the last common mark needs to be tokenized.
 */
export class KnownTexts {
  /** Least recently used first. */
  readonly #texts: KnownText[] = [];

  /** The longest known start of a text; empty if there is none. */
  find(text: string, { addSpecial, parseSpecial, salt }: TextOptions): KnownStart {
    let longest: KnownStart = { tokens: [], marks: [], characters: 0 };
    if (!parseSpecial || text.length < LONG_TEXT_CHARACTERS) return longest;
    for (const known of this.#texts) {
      if (known.addSpecial !== addSpecial || known.salt !== salt) continue;
      const count = commonMarks(known, text);
      const last = known.marks[count - 1];
      if (!last || last.characters <= longest.characters) continue;
      const tokens = known.tokens.slice(0, last.tokens);
      longest = { tokens, marks: known.marks.slice(0, count - 1), characters: last.characters };
    }
    return longest;
  }

  /**
   * Joins the known start and the tokens of the rest, and remembers them.
   * @param rest the tokens of the text behind the start
   * @returns the tokens of the whole text
   */
  join(text: string, options: TextOptions, start: KnownStart, rest: TokenizedText): number[] {
    const { characters } = start;
    const tokens = [...start.tokens, ...rest.tokens];
    const marks = [
      ...start.marks,
      ...rest.marks.map((mark) => ({
        characters: mark.characters + characters,
        tokens: mark.tokens + start.tokens.length,
      })),
    ];
    const { addSpecial, parseSpecial, salt } = options;
    const isKept = parseSpecial && text.length >= LONG_TEXT_CHARACTERS && text.length <= MAX_CHARACTERS;
    if (isKept && rest.marks.length > 0) this.#add({ text, addSpecial, salt, tokens, marks });
    return tokens;
  }

  /** A text that continues another one replaces it. */
  #add(added: KnownText): void {
    const replaced = this.#texts.findIndex(
      ({ text, salt }) => salt === added.salt && added.text.startsWith(text),
    );
    if (replaced >= 0) this.#texts.splice(replaced, 1);
    this.#texts.push(added);
    if (this.#texts.length > MAX_TEXTS) this.#texts.shift();
  }
}

/** How many of a known text's marks, and what surrounds them, another text shares. */
function commonMarks({ text: known, marks }: KnownText, text: string): number {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const end = (marks[middle - 1]?.characters ?? 0) + LONGEST_CONTROL_TOKEN;
    if (end <= known.length && text.startsWith(known.slice(0, end))) low = middle;
    else high = middle - 1;
  }
  return low;
}
