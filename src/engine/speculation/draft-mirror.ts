import { commonPrefix } from '../cache/reuse.ts';
import type { DraftSubject } from './draft-source.ts';

/** What a draft context holds for one slot, as far as it agrees with the slot's text. */
export class DraftMirror {
  #tokens: number[] = [];
  #salt = '';

  /** Number of tokens held. */
  get length(): number {
    return this.#tokens.length;
  }

  /**
   * Number of leading tokens that are computed and belong to this text; never all of them, because a draft needs the
   * logits after the last one.
   */
  shared({ tokens, salt }: DraftSubject): number {
    if (salt !== this.#salt) return 0;
    return Math.min(commonPrefix(this.#tokens, tokens), tokens.length - 1);
  }

  /** Forgets everything behind the first `length` tokens. */
  cut(length: number, salt: string): void {
    this.#tokens.length = Math.min(length, this.#tokens.length);
    this.#salt = salt;
  }

  push(token: number): void {
    this.#tokens.push(token);
  }
}
