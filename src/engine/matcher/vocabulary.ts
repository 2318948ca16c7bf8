import type { Tokenizer } from '../text/tokenizer.ts';
import { TokenTexts } from './token-texts.ts';
import { TokenTrie } from './token-trie.ts';

/** The tokens of a model as grammars see them. */
export class Vocabulary {
  readonly texts: TokenTexts;
  readonly #tokenizer: Tokenizer;
  #trie: TokenTrie | undefined;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
    this.texts = new TokenTexts(tokenizer);
  }

  /** Reads all tokens, in turns with other work; later calls do nothing more. */
  read(): Promise<void> {
    return this.texts.read();
  }

  get isRead(): boolean {
    return this.texts.isComplete;
  }

  /** The tokens by their bytes; undefined until all are read. */
  get trie(): TokenTrie | undefined {
    if (this.isRead) this.#trie ??= new TokenTrie(this.texts);
    return this.#trie;
  }

  /** The bytes of a token, valid until the next call; empty = no grammar allows it, except as the end. */
  bytesOf(token: number): Uint8Array {
    return this.texts.bytesOf(token);
  }

  /** Whether the token ends a generation. */
  isEnd(token: number): boolean {
    return this.#tokenizer.isEndOfGeneration(token);
  }
}
