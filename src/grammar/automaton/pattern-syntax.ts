import type { CharacterSet } from './character-set.ts';

/** A regular expression as a tree. */
export type Pattern =
  | { readonly kind: 'characters'; readonly set: CharacterSet }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly options: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly part: Pattern; readonly minimum: number; readonly maximum: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' };

/** Reads the text of a pattern from left to right, by code points. */
export class PatternCursor {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#characters = Array.from(text);
  }

  peek(): string | undefined {
    return this.#characters[this.#at];
  }

  next(): string {
    return this.#characters[this.#at++] ?? '';
  }

  /** Consumes the text if it comes next. */
  take(text: string): boolean {
    const characters = Array.from(text);
    if (!characters.every((character, index) => this.#characters[this.#at + index] === character))
      return false;
    this.#at += characters.length;
    return true;
  }

  /** Consumes what the expression matches at the current position; the expression must begin with `^`. */
  match(expression: RegExp): RegExpExecArray | null {
    const rest = this.#characters.slice(this.#at).join('');
    const found = expression.exec(rest);
    if (found === null || found.index !== 0) return null;
    this.#at += Array.from(found[0]).length;
    return found;
  }
}

/** Why a pattern cannot be honoured. The caller adds the path of the pattern. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}
