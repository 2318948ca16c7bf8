/** Wraps streamed text at words: a word that turns out too long for its line is erased there and written on the next. */

import { characterWidth } from './text-width.ts';

/** Room kept free at the right edge. */
const MARGIN_COLUMNS = 5;
/** Below this width a word hardly fits: the terminal does its own wrapping. */
const MIN_COLUMNS = 10;
const ESCAPE = '\u001b';
const TAB_COLUMNS = 8;

export class WordWrap {
  readonly #columns: () => number;
  #width = 0;
  #column = 0;
  /** What has been written of the word at the end of the line. */
  #word = '';
  #wordWidth = 0;
  #inColourCode = false;

  /** @param columns of the terminal, which people may make narrower or wider at any time */
  constructor(columns: () => number) {
    this.#columns = columns;
  }

  /**
   * @param text may hold colour codes
   * @returns what to write: the text with line breaks, and escapes that move a word to the next line
   */
  push(text: string): string {
    const columns = this.#columns();
    if (columns < MIN_COLUMNS) return text;
    this.#width = columns - MARGIN_COLUMNS;
    let output = '';
    for (const character of text) output += this.#next(character);
    return output;
  }

  #next(character: string): string {
    if (this.#inColourCode || character === ESCAPE) {
      this.#inColourCode = character !== 'm';
      return character;
    }
    if (character === '\n') return this.#breakLine();
    const isSpace = character === ' ' || character === '\t';
    const width = character === '\t' ? TAB_COLUMNS - (this.#column % TAB_COLUMNS) : characterWidth(character);
    if (this.#column + width <= this.#width) return this.#append(character, width, isSpace);
    // The space that would begin a line is what the break stands for.
    if (isSpace) return this.#breakLine();
    return this.#moveWord() + this.#append(character, width, false);
  }

  #breakLine(): string {
    this.#column = 0;
    this.#endWord();
    return '\n';
  }

  #append(character: string, width: number, isSpace: boolean): string {
    this.#column += width;
    // Scripts of wide characters may break anywhere.
    if (isSpace || width === 2) {
      this.#endWord();
    } else {
      this.#word += character;
      this.#wordWidth += width;
    }
    return character;
  }

  #moveWord(): string {
    const word = this.#word;
    const width = this.#wordWidth;
    // A word as long as the line is cut where the line ends.
    if (width === this.#column || word === '') return this.#breakLine();
    this.#column = width;
    return `${ESCAPE}[${width}D${ESCAPE}[K\n${word}`;
  }

  #endWord(): void {
    this.#word = '';
    this.#wordWidth = 0;
  }
}
