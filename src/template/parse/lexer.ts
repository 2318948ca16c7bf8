import { isDigit, isSpace, spaceEnd, trimmedEnd, wordEnd } from './characters.ts';
import { scanNumber } from './number-scan.ts';
import { PositionFinder } from './position-finder.ts';
import type { Token, TokenKind } from './token.ts';

const keywords = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
]);

const wordKinds: Readonly<Record<string, TokenKind>> = { true: 'boolean', false: 'boolean', nil: 'nil' };

const punctuation: Readonly<Record<string, TokenKind>> = {
  '=': 'assign',
  '|': 'pipe',
  '(': 'left-parenthesis',
  ')': 'right-parenthesis',
};

const leftDelimiter = '{{';
const rightDelimiter = '}}';
/** Characters that may follow a word, in addition to a space, the end and the right delimiter. */
const terminators = '.,|:)(';

/** Splits a template into tokens. The last token is `end`, or `error` at the first error. */
export function tokenize(text: string): Token[] {
  return new Lexer(text).run();
}

class Lexer {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  readonly #positions: PositionFinder;
  #offset = 0;
  #insideAction = false;
  #openParentheses = 0;

  constructor(text: string) {
    this.#text = text;
    this.#positions = new PositionFinder(text);
  }

  run(): Token[] {
    while (this.#offset < this.#text.length && !this.#failed()) {
      if (this.#insideAction) this.#readInsideAction();
      else this.#readText();
    }
    if (this.#failed()) return this.#tokens;
    if (this.#insideAction) this.#fail('unclosed action');
    else this.#emit('end', this.#offset);
    return this.#tokens;
  }

  #failed(): boolean {
    return this.#tokens.at(-1)?.kind === 'error';
  }

  #emit(kind: TokenKind, end: number): void {
    const text = this.#text.slice(this.#offset, end);
    this.#tokens.push({ kind, text, position: this.#positions.at(this.#offset) });
    this.#offset = end;
  }

  #fail(text: string): void {
    this.#tokens.push({ kind: 'error', text, position: this.#positions.at(this.#offset) });
  }

  #readText(): void {
    const found = this.#text.indexOf(leftDelimiter, this.#offset);
    const end = found < 0 ? this.#text.length : found;
    const trims = found >= 0 && this.#hasLeftTrim(found + leftDelimiter.length);
    const textEnd = trims ? trimmedEnd(this.#text, this.#offset, end) : end;
    if (textEnd > this.#offset) this.#emit('text', textEnd);
    this.#offset = end;
    if (found >= 0) this.#readLeftDelimiter();
  }

  /** Whether `-` and a space follow, as in `{{- `. */
  #hasLeftTrim(offset: number): boolean {
    return this.#text[offset] === '-' && isSpace(this.#text[offset + 1]);
  }

  #readLeftDelimiter(): void {
    const end = this.#offset + leftDelimiter.length;
    const afterTrim = this.#hasLeftTrim(end) ? end + 2 : end;
    if (this.#text.startsWith('/*', afterTrim)) {
      this.#readComment(afterTrim + 2);
      return;
    }
    this.#emit('left-delimiter', end);
    this.#offset = afterTrim;
    this.#insideAction = true;
    this.#openParentheses = 0;
  }

  #readComment(start: number): void {
    const found = this.#text.indexOf('*/', start);
    if (found < 0) {
      this.#fail('unclosed comment');
      return;
    }
    const end = found + 2;
    if (this.#isTrimmedRight(end)) {
      this.#offset = spaceEnd(this.#text, end + 2 + rightDelimiter.length);
    } else if (this.#text.startsWith(rightDelimiter, end)) {
      this.#offset = end + rightDelimiter.length;
    } else {
      this.#fail('comment ends before closing delimiter');
    }
  }

  /** Whether a space, `-` and the right delimiter follow, as in ` -}}`. */
  #isTrimmedRight(offset: number): boolean {
    return isSpace(this.#text[offset]) && this.#text.startsWith(`-${rightDelimiter}`, offset + 1);
  }

  #readInsideAction(): void {
    const trims = this.#isTrimmedRight(this.#offset);
    if (trims || this.#text.startsWith(rightDelimiter, this.#offset)) {
      this.#readRightDelimiter(trims);
      return;
    }
    const character = String.fromCodePoint(this.#text.codePointAt(this.#offset) ?? 0);
    if (isSpace(character)) this.#readSpace();
    else if (character === '"' || character === "'") this.#readQuoted(character);
    else if (character === '`') this.#readRawString();
    else if (character === '$') this.#readWord('variable', this.#offset + 1);
    else if (character === '.' && !isDigit(this.#text[this.#offset + 1])) {
      this.#readWord('field', this.#offset + 1);
    } else if ('+-.'.includes(character) || isDigit(character)) this.#readNumber();
    else if (wordEnd(this.#text, this.#offset) > this.#offset) this.#readWord('identifier', this.#offset);
    else this.#readPunctuation(character);
  }

  #readRightDelimiter(trims: boolean): void {
    if (this.#openParentheses > 0) {
      this.#fail('unclosed left paren');
      return;
    }
    if (trims) this.#offset += 2;
    this.#emit('right-delimiter', this.#offset + rightDelimiter.length);
    if (trims) this.#offset = spaceEnd(this.#text, this.#offset);
    this.#insideAction = false;
  }

  #readSpace(): void {
    const end = spaceEnd(this.#text, this.#offset);
    // The last space is part of a trimming delimiter that follows it.
    this.#emit('space', this.#isTrimmedRight(end - 1) ? end - 1 : end);
  }

  /** Reads a string or character constant; the parser checks the text between the quotes. */
  #readQuoted(quote: string): void {
    let end = this.#offset + 1;
    while (end < this.#text.length && this.#text[end] !== quote && this.#text[end] !== '\n') {
      end += this.#text[end] === '\\' && this.#text[end + 1] !== '\n' ? 2 : 1;
    }
    if (this.#text[end] === quote) this.#emit(quote === '"' ? 'string' : 'character-constant', end + 1);
    else this.#fail(quote === '"' ? 'unterminated quoted string' : 'unterminated character constant');
  }

  #readRawString(): void {
    const end = this.#text.indexOf('`', this.#offset + 1);
    if (end < 0) this.#fail('unterminated raw quoted string');
    else this.#emit('raw-string', end + 1);
  }

  #readNumber(): void {
    const { end, isComplex, isValid } = scanNumber(this.#text, this.#offset);
    if (isValid) this.#emit(isComplex ? 'complex' : 'number', end);
    else this.#fail(`bad number syntax: ${JSON.stringify(this.#text.slice(this.#offset, end))}`);
  }

  #readWord(kind: 'variable' | 'field' | 'identifier', start: number): void {
    const end = wordEnd(this.#text, start);
    if (!this.#isTerminated(end)) {
      const character = String.fromCodePoint(this.#text.codePointAt(end) ?? 0);
      this.#fail(`bad character ${JSON.stringify(character)}`);
    } else if (kind === 'identifier') this.#emit(wordKind(this.#text.slice(start, end)), end);
    else if (kind === 'field' && end === start) this.#emit('dot', end);
    else this.#emit(kind, end);
  }

  #isTerminated(offset: number): boolean {
    const next = this.#text[offset];
    if (next === undefined || isSpace(next) || terminators.includes(next)) return true;
    return this.#text.startsWith(rightDelimiter, offset);
  }

  #readPunctuation(character: string): void {
    if (character === ':') {
      if (this.#text[this.#offset + 1] === '=') this.#emit('declare', this.#offset + 2);
      else this.#fail('expected :=');
      return;
    }
    const kind = punctuation[character];
    if (kind === 'left-parenthesis') this.#openParentheses++;
    if (kind === 'right-parenthesis' && --this.#openParentheses < 0) {
      this.#fail('unexpected right paren');
    } else if (kind !== undefined) this.#emit(kind, this.#offset + 1);
    else if (character >= ' ' && character <= '~') this.#emit('character', this.#offset + 1);
    else this.#fail(`unrecognized character in action: ${JSON.stringify(character)}`);
  }
}

function wordKind(word: string): TokenKind {
  if (keywords.has(word)) return 'keyword';
  return Object.hasOwn(wordKinds, word) ? (wordKinds[word] ?? 'identifier') : 'identifier';
}
