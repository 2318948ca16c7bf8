import { syntaxError } from '../errors.ts';
import { TagLexer } from './tag-lexer.ts';
import type { Token, TokenKind } from './token.ts';
import { spaceEnd, trimmedEnd } from './white-space.ts';

const opening = /\{[{%#]/g;
const rawBegin = /\{%[-+]?\s*raw\s*(?:-%\}\s*|%\})/y;
const rawEnd = /\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\}\n?)/g;

/** Newlines as jinja2 reads them; the last one is not part of the template. */
export function normalized(source: string): string {
  return source.replace(/\r\n?/g, '\n').replace(/\n$/, '');
}

/**
 * Splits a template into tokens, with jinja2's options `trim_blocks` and `lstrip_blocks`: the newline after a tag goes, and so does
 * the white space between the beginning of its line and the tag.
 * @throws OllamaError with the line and column of the tag
 */
export function tokenize(source: string): Token[] {
  return new Lexer(source).run();
}

class Lexer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  /** Whether the part before ends with a newline. */
  #isLineStart = true;
  #lastTag = 0;

  constructor(source: string) {
    this.#source = source;
  }

  run(): Token[] {
    while (this.#at < this.#source.length) this.#part();
    this.#push('end', '', this.#lastTag);
    return this.#tokens;
  }

  #push(kind: TokenKind, text: string, offset: number): void {
    this.#tokens.push({ kind, text, offset });
  }

  /** A text and the tag that follows it. */
  #part(): void {
    opening.lastIndex = this.#at;
    const start = opening.exec(this.#source)?.index;
    if (start === undefined) {
      this.#push('text', this.#source.slice(this.#at), this.#at);
      this.#at = this.#source.length;
      return;
    }
    const sign = this.#source[start + 2];
    const isOutput = this.#source[start + 1] === '{';
    this.#text(this.#source.slice(this.#at, start), sign, isOutput);
    const begin = start + (sign === '-' || sign === '+' ? 3 : 2);
    if (this.#source[start + 1] === '#') this.#comment(start, begin);
    else if (isOutput) this.#tag(start, begin, 'output-begin');
    else if (!this.#raw(start)) this.#tag(start, begin, 'tag-begin');
    this.#isLineStart = this.#source[this.#at - 1] === '\n';
  }

  #text(text: string, sign: string | undefined, isOutput: boolean): void {
    let kept = text;
    if (sign === '-') kept = text.slice(0, trimmedEnd(text));
    else if (sign !== '+' && !isOutput) kept = this.#withoutIndent(text);
    if (kept !== '') this.#push('text', kept, this.#at);
  }

  #withoutIndent(text: string): string {
    const line = text.lastIndexOf('\n') + 1;
    if (line === 0 && !this.#isLineStart) return text;
    return trimmedEnd(text) <= line ? text.slice(0, line) : text;
  }

  #comment(start: number, begin: number): void {
    const found = this.#source.indexOf('#}', begin);
    if (found < 0) throw syntaxError(this.#source, start, 'missing end of comment tag');
    const sign = found > begin ? this.#source[found - 1] : undefined;
    this.#at = this.#afterTag(found + 2, sign);
    this.#lastTag = start;
  }

  /** Where the text after a tag begins, whose end has a sign. */
  #afterTag(end: number, sign: string | undefined): number {
    if (sign === '-') return spaceEnd(this.#source, end);
    return sign !== '+' && this.#source[end] === '\n' ? end + 1 : end;
  }

  #tag(start: number, begin: number, kind: 'output-begin' | 'tag-begin'): void {
    this.#lastTag = start;
    this.#push(kind, '', start);
    const isOutput = kind === 'output-begin';
    const lexer = new TagLexer(this.#source, start, isOutput ? '}}' : '%}', this.#tokens);
    const { end, sign } = lexer.run(begin);
    this.#push(isOutput ? 'output-end' : 'tag-end', '', start);
    this.#at = isOutput ? (sign === '-' ? spaceEnd(this.#source, end) : end) : this.#afterTag(end, sign);
  }

  /** @returns whether a raw block begins here */
  #raw(start: number): boolean {
    rawBegin.lastIndex = start;
    if (!rawBegin.test(this.#source)) return false;
    const begin = rawBegin.lastIndex;
    this.#isLineStart = this.#source[begin - 1] === '\n';
    rawEnd.lastIndex = begin;
    const end = rawEnd.exec(this.#source);
    if (!end) throw syntaxError(this.#source, start, 'missing end of raw directive');
    this.#at = begin;
    this.#text(this.#source.slice(begin, end.index), end[1], false);
    this.#at = rawEnd.lastIndex;
    this.#lastTag = end.index;
    return true;
  }
}
