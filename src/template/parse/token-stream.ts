import type { OllamaError } from '../../base/errors.ts';
import { templateError } from '../errors.ts';
import { tokenize } from './lexer.ts';
import type { Token, TokenKind } from './token.ts';

const end: Token = { kind: 'end', text: '', position: { line: 1, column: 1 } };

/** Reads the tokens of a template in order. */
export class TokenStream {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  peek(): Token {
    return this.#tokens[this.#at] ?? this.#tokens.at(-1) ?? end;
  }

  next(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }

  skipSpace(): void {
    while (this.peek().kind === 'space') this.#at++;
  }

  peekNonSpace(): Token {
    this.skipSpace();
    return this.peek();
  }

  nextNonSpace(): Token {
    this.skipSpace();
    return this.next();
  }

  /** The token this many places ahead. */
  ahead(places: number): Token {
    return this.#tokens[this.#at + places] ?? end;
  }

  mark(): number {
    return this.#at;
  }

  /** Returns to a mark. */
  rewind(mark: number): void {
    this.#at = mark;
  }

  /** @throws OllamaError `invalid-request` when the next token is of another kind */
  expect(kind: TokenKind, context: string): Token {
    const token = this.nextNonSpace();
    if (token.kind !== kind) throw unexpected(token, context);
    return token;
  }
}

export function unexpected(token: Token, context: string): OllamaError {
  if (token.kind === 'error') return templateError(token.position, token.text);
  const what = token.kind === 'end' ? 'end of the template' : JSON.stringify(token.text.slice(0, 40));
  return templateError(token.position, `unexpected ${what} in ${context}`);
}
