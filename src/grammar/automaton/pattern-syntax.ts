import type { CharacterSet } from './character-set.ts';

/** A regular expression as a tree. */
export type Pattern =
  | { readonly kind: 'characters'; readonly set: CharacterSet }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly options: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly part: Pattern; readonly minimum: number; readonly maximum: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' };

/** Reads a pattern's text from left to right. */
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

  /** Steps over the text if it comes next. */
  take(text: string): boolean {
    const characters = Array.from(text);
    if (!characters.every((character, index) => this.#characters[this.#at + index] === character))
      return false;
    this.#at += characters.length;
    return true;
  }

  /** Steps over what the sticky expression matches here. */
  match(expression: RegExp): RegExpExecArray | null {
    const rest = this.#characters.slice(this.#at).join('');
    const found = expression.exec(rest);
    if (found === null || found.index !== 0) return null;
    this.#at += Array.from(found[0]).length;
    return found;
  }
}

/** Why a pattern cannot be honoured, for a message that names its path. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}
