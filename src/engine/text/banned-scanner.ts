/** The text that a token added, with whatever travels with it. */
export interface TokenText {
  /** Index of the token in the completion. */
  readonly token: number;
  readonly text: string;
}

export interface BannedScan<Piece> {
  /** Pieces that can no longer be part of a banned string, in order. */
  readonly released: readonly Piece[];
  /** The piece that a complete banned string begins in. It and all later ones are dropped. */
  readonly banned?: Piece;
}

/**
 * Finds banned strings, in any case of letters, in a text that arrives token by token, and holds back the tokens that
 * may still become part of one: a completion can step back only over text that nobody has seen.
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

  /** The pieces still held, once nothing more will come. */
  flush(): Piece[] {
    const held = this.#held.map(({ piece }) => piece);
    this.#held = [];
    return held;
  }

  #firstBanned(text: string): number {
    const starts = this.#banned.map((banned) => text.indexOf(banned)).filter((start) => start >= 0);
    return starts.length === 0 ? -1 : Math.min(...starts);
  }

  /** Takes out the pieces that end at or before an offset. */
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

  /** Length of the longest tail of the text that a banned string begins with. */
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

/** Upper case depends on no neighbours, unlike lower case (Greek sigma): pieces fold as their whole does. */
function fold(text: string): string {
  return text.toUpperCase();
}
