import type { Tokenizer } from '../text/tokenizer.ts';

/** Time in which tokens are read before other work gets a turn; a step of a small model takes twice as long. */
const TURN_MS = 5;
/** Tokens read between two looks at the clock: a tenth of a millisecond. */
const TOKENS_PER_LOOK = 64;
/** Bytes per token that are reserved at first; most vocabularies have 6 to 8. */
const EXPECTED_BYTES = 8;

/**
 * The bytes of all tokens of a vocabulary, as a grammar sees them: control tokens with their text, a text up to its first
 * NUL. Tokens that end a generation, and those without a text, have none. Reading them takes some 0.05 s for 50,000
 * tokens, so it is done in turns with other work.
 */
export class TokenTexts {
  readonly #tokenizer: Tokenizer;
  #bytes: Uint8Array;
  readonly #ends: Int32Array;
  readonly #endTokens: number[] = [];
  #readTokens = 0;
  #reading: Promise<void> | undefined;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
    this.#bytes = new Uint8Array(tokenizer.size * EXPECTED_BYTES);
    this.#ends = new Int32Array(tokenizer.size);
  }

  get size(): number {
    return this.#ends.length;
  }

  get isComplete(): boolean {
    return this.#readTokens === this.size;
  }

  /** Tokens that end a generation; incomplete before `isComplete`. */
  get endTokens(): readonly number[] {
    return this.#endTokens;
  }

  /** Reads all tokens, in turns with other work. */
  read(): Promise<void> {
    this.#reading ??= this.#readInTurns();
    return this.#reading;
  }

  /** The bytes of one token, read or not; valid until the next call. Empty = no grammar allows it. */
  bytesOf(token: number): Uint8Array {
    if (token >= this.#readTokens) return this.#textOf(token);
    return this.#bytes.subarray(this.start(token), this.end(token));
  }

  /** The bytes of all tokens that have been read. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Where the token begins in `bytes`. */
  start(token: number): number {
    return token === 0 ? 0 : (this.#ends[token - 1] ?? 0);
  }

  end(token: number): number {
    return this.#ends[token] ?? 0;
  }

  async #readInTurns(): Promise<void> {
    while (!this.isComplete) {
      const begun = performance.now();
      while (!this.isComplete && performance.now() - begun < TURN_MS) this.#readSome();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  #readSome(): void {
    const last = Math.min(this.size, this.#readTokens + TOKENS_PER_LOOK);
    for (let token = this.#readTokens; token < last; token++) {
      if (this.#tokenizer.isEndOfGeneration(token)) this.#endTokens.push(token);
      this.#store(token, this.#textOf(token));
    }
    this.#readTokens = last;
  }

  #store(token: number, text: Uint8Array): void {
    const start = this.start(token);
    const end = start + text.length;
    if (end > this.#bytes.length) {
      const longer = new Uint8Array(end + this.#bytes.length);
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    this.#bytes.set(text, start);
    this.#ends[token] = end;
  }

  #textOf(token: number): Uint8Array {
    if (this.#tokenizer.isEndOfGeneration(token)) return new Uint8Array();
    const text = this.#tokenizer.piece(token, true);
    const nul = text.indexOf(0);
    return nul < 0 ? text : text.subarray(0, nul);
  }
}
