/** WordPiece of uncased BERT: splits words, lowers case, removes accents, then takes the longest known pieces. */
const MAX_WORD_LENGTH = 100;
const chinese = /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/u;
const apart = /[\p{P}$+<=>^`|~]/u;

export class WordPiece {
  readonly #ids: Map<string, number>;

  constructor(vocabulary: readonly string[]) {
    this.#ids = new Map(vocabulary.map((token, id) => [token, id]));
  }

  /** Includes [CLS] and [SEP]. */
  tokenize(text: string): number[] {
    return [this.#id('[CLS]'), ...wordsOf(text).flatMap((word) => this.#pieces(word)), this.#id('[SEP]')];
  }

  #id(token: string): number {
    return this.#ids.get(token) ?? -1;
  }

  #pieces(word: string): number[] {
    const characters = [...word];
    const pieces: number[] = [];
    for (let from = 0; from < characters.length; ) {
      let to = characters.length;
      let id: number | undefined;
      for (; to > from && id === undefined; to--) {
        id = this.#ids.get((from > 0 ? '##' : '') + characters.slice(from, to).join(''));
      }
      if (id === undefined || characters.length > MAX_WORD_LENGTH) return [this.#id('[UNK]')];
      pieces.push(id);
      from = to + 1;
    }
    return pieces;
  }
}

function wordsOf(text: string): string[] {
  const plain = text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '');
  return [...plain]
    .map((character) => {
      if (/\s/u.test(character)) return ' ';
      if (/[\p{Cc}\p{Cf}\ufffd]/u.test(character)) return '';
      return apart.test(character) || chinese.test(character) ? ` ${character} ` : character;
    })
    .join('')
    .split(' ')
    .filter((word) => word !== '');
}
