import { SPACE_MARK, tokenTypes } from '../tokens/token-types.ts';
import type { SentencePieceModel } from './sentence-piece-model.ts';

interface Symbol {
  readonly text: string;
  /** Pieces that users defined are never merged with others. */
  readonly isWhole: boolean;
}

/**
 * Encodes texts by a SentencePiece model of the kind BPE without normalization, as google/sentencepiece does
 * (src/bpe_model.cc, sentencepiece_processor.cc). It is written for comparisons: its time grows with the square of a text.
 */
export class SentencePieceEncoder {
  readonly #model: SentencePieceModel;
  /** Pieces that a text can become by merging. */
  readonly #ids = new Map<string, number>();
  readonly #bytes = new Map<number, number>();
  readonly #whole: readonly string[];
  readonly #unknown: number;

  constructor(model: SentencePieceModel) {
    this.#model = model;
    const whole: string[] = [];
    for (const [id, { text, type }] of model.pieces.entries()) {
      if (type === tokenTypes.userDefined) whole.push(text);
      if (type === tokenTypes.byte) this.#bytes.set(Number.parseInt(text.slice(1, -1), 16), id);
      else if (type !== tokenTypes.unknown && type !== tokenTypes.control) this.#ids.set(text, id);
    }
    this.#whole = whole.filter((text) => text !== '').sort((left, right) => right.length - left.length);
    this.#unknown = model.pieces.findIndex(({ type }) => type === tokenTypes.unknown);
  }

  encode(text: string): number[] {
    const normalized = this.#normalize(text);
    if (normalized === '') return [];
    const ids: number[] = [];
    for (const { text: piece } of this.#merge(this.#split(normalized))) {
      for (const id of this.#idsOf(piece)) {
        // Unknown pieces in a row become one.
        if (id !== this.#unknown || ids.at(-1) !== id) ids.push(id);
      }
    }
    return ids;
  }

  #normalize(text: string): string {
    const { addsSpace, removesSpaces } = this.#model;
    const kept = removesSpaces ? text.replace(/ +/g, ' ').replace(/^ | $/g, '') : text;
    if (kept === '') return '';
    return (addsSpace ? SPACE_MARK : '') + kept.replaceAll(' ', SPACE_MARK);
  }

  #split(text: string): Symbol[] {
    const symbols: Symbol[] = [];
    for (let at = 0; at < text.length; ) {
      const whole = this.#whole.find((piece) => text.startsWith(piece, at));
      const piece = whole ?? String.fromCodePoint(text.codePointAt(at) ?? 0);
      symbols.push({ text: piece, isWhole: whole !== undefined });
      at += piece.length;
    }
    return symbols;
  }

  /** Merges the neighbours with the best score until there are none; of equal scores, those on the left. */
  #merge(symbols: Symbol[]): Symbol[] {
    for (;;) {
      let best = -1;
      let bestScore = Number.NEGATIVE_INFINITY;
      for (let index = 0; index + 1 < symbols.length; index++) {
        const score = this.#scoreOf(symbols[index], symbols[index + 1]);
        if (score > bestScore) [best, bestScore] = [index, score];
      }
      if (best < 0) return symbols;
      const text = `${symbols[best]?.text}${symbols[best + 1]?.text}`;
      symbols.splice(best, 2, { text, isWhole: false });
    }
  }

  #scoreOf(left: Symbol | undefined, right: Symbol | undefined): number {
    if (!left || !right || left.isWhole || right.isWhole) return Number.NEGATIVE_INFINITY;
    const id = this.#ids.get(left.text + right.text);
    return id === undefined ? Number.NEGATIVE_INFINITY : (this.#model.pieces[id]?.score ?? 0);
  }

  #idsOf(piece: string): number[] {
    const id = this.#ids.get(piece);
    if (id !== undefined) return [id];
    const bytes = [...Buffer.from(piece)].map((byte) => this.#bytes.get(byte));
    return bytes.every((byte) => byte !== undefined) ? bytes : [this.#unknown];
  }
}
