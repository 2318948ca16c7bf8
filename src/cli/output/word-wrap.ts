/** Wraps streamed text between words. A word that does not fit is erased and written again on the next line. */

import { characterWidth } from './text-width.ts';

/** Columns that stay free at the right edge. */
const MARGIN_COLUMNS = 5;
/** Narrower terminals hardly fit a word, so they do their own wrapping. */
const MIN_COLUMNS = 10;
const ESCAPE = '\u001b';
const TAB_COLUMNS = 8;

export class WordWrap {
  readonly #columns: () => number;
  #width = 0;
  #column = 0;
  /** The part of the word at the end of the line that has been written. */
  #word = '';
  #wordWidth = 0;
  #inColourCode = false;

  /** @param columns returns the current width of the terminal, which can change at any time */
  constructor(columns: () => number) {
    this.#columns = columns;
  }

  /**
   * @param text text that may contain colour codes
   * @returns the text to write, with line breaks, and with escapes that move a word to the next line
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
    // The line break replaces the space that would begin the next line.
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
    // Scripts with wide characters can be broken anywhere.
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
    // A word that is as long as the line is broken at the end of the line.
    if (width === this.#column || word === '') return this.#breakLine();
    this.#column = width;
    return `${ESCAPE}[${width}D${ESCAPE}[K\n${word}`;
  }

  #endWord(): void {
    this.#word = '';
    this.#wordWidth = 0;
  }
}
