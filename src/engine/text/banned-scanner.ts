/** The text of a token, with its index in the completion. */
export interface TokenText {
  /** Index of the token in the completion. */
  readonly token: number;
  readonly text: string;
}

export interface BannedScan<Piece> {
  /** Pieces that can no longer be part of a banned string, in order. */
  readonly released: readonly Piece[];
  /** The piece in which a complete banned string begins. It and all later pieces are dropped. */
  readonly banned?: Piece;
}

/**
 * Finds banned strings, ignoring case, in a text that arrives token by token. It holds back the tokens that may still
 * become part of one, because a completion can step back only over text that has not been sent.
 */
export class BannedScanner<Piece extends TokenText> {
  readonly #banned: readonly string[];
  #held: { readonly piece: Piece; readonly folded: string }[] = [];

  constructor(banned: readonly string[]) {
    this.#banned = banned.filter((text) => text !== '').map(fold);
  }

  push(piece: Piece): BannedScan<Piece> {
    if (this.#banned.length === 0) return { released: [piece] };
    this.#held.push({ piece, folded: fold(piece.text) });
    const text = this.#held.map(({ folded }) => folded).join('');
    const start = this.#firstBanned(text);
    if (start >= 0) {
      const index = this.#indexAt(start);
      const [first] = this.#held.splice(index).map((held) => held.piece);
      return { released: [], ...(first !== undefined && { banned: first }) };
    }
    return { released: this.#release(text.length - this.#longestPossibleStart(text)) };
  }

  /** The pieces still held, once the text has ended. */
  flush(): Piece[] {
    const held = this.#held.map(({ piece }) => piece);
    this.#held = [];
    return held;
  }

  #firstBanned(text: string): number {
    const starts = this.#banned.map((banned) => text.indexOf(banned)).filter((start) => start >= 0);
    return starts.length === 0 ? -1 : Math.min(...starts);
  }

  /** Removes and returns the pieces that end at or before an offset. */
  #release(offset: number): Piece[] {
    return this.#held.splice(0, this.#indexAt(offset)).map(({ piece }) => piece);
  }

  /** Index of the piece that the character at an offset belongs to; pieces without text come before it. */
  #indexAt(offset: number): number {
    let end = 0;
    const index = this.#held.findIndex(({ folded }) => {
      end += folded.length;
      return end > offset;
    });
    return index < 0 ? this.#held.length : index;
  }

  /** Length of the longest suffix of the text that is a prefix of a banned string. */
  #longestPossibleStart(text: string): number {
    let longest = 0;
    for (const banned of this.#banned) {
      for (let size = Math.min(banned.length - 1, text.length); size > longest; size--) {
        if (text.endsWith(banned.slice(0, size))) longest = size;
      }
    }
    return longest;
  }
}

/**
 * Upper case does not depend on neighbouring characters, unlike lower case (Greek sigma), so folding the pieces gives
 * the same text as folding the whole.
 */
function fold(text: string): string {
  return text.toUpperCase();
}
