import { syntaxError } from '../errors.ts';
import type { Token, TokenKind } from './token.ts';

/** The tokens of a template, read from the first to the last. */
export class TokenStream {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #index = 0;

  /** @param tokens ends with a token `end` */
  constructor(source: string, tokens: readonly Token[]) {
    this.#source = source;
    this.#tokens = tokens;
  }

  get current(): Token {
    return this.#at(this.#index);
  }

  get following(): Token {
    return this.#at(this.#index + 1);
  }

  #at(index: number): Token {
    const token = this.#tokens[Math.min(index, this.#tokens.length - 1)];
    if (!token) throw new Error('a template has at least the token of its end');
    return token;
  }

  next(): Token {
    const token = this.current;
    this.#index++;
    return token;
  }

  is(kind: TokenKind, text?: string): boolean {
    const { current } = this;
    return current.kind === kind && (text === undefined || current.text === text);
  }

  isOperator(text: string): boolean {
    return this.is('operator', text);
  }

  isName(text: string): boolean {
    return this.is('name', text);
  }

  /** Takes the token if it is this one. */
  skip(kind: TokenKind, text?: string): boolean {
    const isIt = this.is(kind, text);
    if (isIt) this.#index++;
    return isIt;
  }

  /** @throws OllamaError if the next token is another one */
  expect(kind: TokenKind, text?: string): Token {
    if (this.is(kind, text)) return this.next();
    throw this.error(`expected ${text ?? names[kind] ?? kind}, got ${describe(this.current)}`);
  }

  unexpected(): Error {
    return this.error(`unexpected ${describe(this.current)}`);
  }

  error(reason: string, offset = this.current.offset): Error {
    return syntaxError(this.#source, offset, reason);
  }
}

const names: Partial<Record<TokenKind, string>> = {
  text: 'text',
  'output-begin': '{{',
  'output-end': '}}',
  'tag-begin': '{%',
  'tag-end': '%}',
  end: 'the end of the template',
};

function describe({ kind, text }: Token): string {
  return names[kind] ?? JSON.stringify(text);
}
