import { syntaxError } from '../errors.ts';
import { unescaped } from './string-literal.ts';
import type { Token, TokenKind } from './token.ts';
import { isSpace, spaceEnd } from './white-space.ts';

const float = /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const integer = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const name = /[\p{L}\p{N}\p{M}\p{Pc}]+/uy;
const nameStart = /^[\p{L}\p{Nl}_]/u;
const operator = /\*\*|\/\/|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;
const closings: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Reads the tokens inside of one tag. */
export class TagLexer {
  readonly #source: string;
  readonly #offset: number;
  readonly #end: '}}' | '%}';
  readonly #tokens: Token[];
  /** The brackets that must close before the tag can end. */
  readonly #open: string[] = [];
  #at = 0;

  constructor(source: string, offset: number, end: '}}' | '%}', tokens: Token[]) {
    this.#source = source;
    this.#offset = offset;
    this.#end = end;
    this.#tokens = tokens;
  }

  /** @returns the index after the tag, and the sign before its end @throws OllamaError */
  run(begin: number): { end: number; sign: string | undefined } {
    this.#at = begin;
    for (;;) {
      const end = this.#endSign();
      if (end) return { end: this.#at + end.length + 2, sign: end || undefined };
      if (end === '') return { end: this.#at + 2, sign: undefined };
      this.#token();
    }
  }

  /** The sign before the end of the tag, if that is here. */
  #endSign(): string | undefined {
    if (this.#open.length > 0) return undefined;
    if (this.#source.startsWith(this.#end, this.#at)) return '';
    const sign = this.#source[this.#at];
    const isSign = sign === '-' || (sign === '+' && this.#end === '%}');
    return isSign && this.#source.startsWith(this.#end, this.#at + 1) ? sign : undefined;
  }

  #token(): void {
    const character = this.#source[this.#at];
    if (character === undefined) throw this.#error('unexpected end of template inside a tag');
    if (isSpace(character)) this.#at = spaceEnd(this.#source, this.#at);
    else if (character === '"' || character === "'") this.#string(character);
    else if (!this.#number() && !this.#name()) this.#operator(character);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source)?.[0];
  }

  #push(kind: TokenKind, text: string, length = text.length): void {
    this.#tokens.push({ kind, text, offset: this.#offset });
    this.#at += length;
  }

  #number(): boolean {
    const asFloat = this.#source[this.#at - 1] === '.' ? undefined : this.#match(float);
    const found = asFloat ?? this.#match(integer);
    if (found !== undefined) this.#push(asFloat === undefined ? 'integer' : 'float', found);
    return found !== undefined;
  }

  #name(): boolean {
    const found = this.#match(name);
    if (found === undefined) return false;
    if (!nameStart.test(found)) throw this.#error('invalid character in identifier');
    this.#push('name', found);
    return true;
  }

  #string(quote: string): void {
    let end = this.#at + 1;
    while (end < this.#source.length && this.#source[end] !== quote) {
      end += this.#source[end] === '\\' ? 2 : 1;
    }
    if (this.#source[end] !== quote) throw this.#error('a string is not ended');
    const text = unescaped(this.#source.slice(this.#at + 1, end));
    if (text === undefined) throw this.#error('a string has an escape that is not valid');
    this.#push('string', text, end + 1 - this.#at);
  }

  #operator(character: string): void {
    const found = this.#match(operator);
    if (found === undefined) throw this.#error(`unexpected character ${JSON.stringify(character)}`);
    const closing = closings[found];
    if (closing) this.#open.push(closing);
    else if (found === ')' || found === ']' || found === '}') {
      const expected = this.#open.pop();
      if (expected !== found) {
        const reason = expected === undefined ? '' : `, expected ${expected}`;
        throw this.#error(`unexpected ${found}${reason}`);
      }
    }
    this.#push('operator', found);
  }

  #error(reason: string): Error {
    return syntaxError(this.#source, this.#offset, reason);
  }
}
