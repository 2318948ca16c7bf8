import { OllamaError } from '../../base/errors.ts';
import { KIB, MIB } from '../../base/units.ts';
import { type Bindings, callAsync, type Pointer } from '../native/bindings.ts';
import { viewInt32 } from '../native/native-memory.ts';
import { longestRun, longestRunFor } from './long-runs.ts';

/** Longest text tokenized at once; far more than any context, far less than would exhaust memory. */
const MAX_TEXT_BYTES = 32 * MIB;
/** A longer text is tokenized on another thread; this one takes a few milliseconds. */
export const SHORT_TEXT_CHARACTERS = 4 * KIB;
/** More tokens become text on another thread; so many take a few milliseconds. */
export const FEW_TOKENS = 4096;
/** Initial buffer size; for a longer piece, the call is repeated with the size that the library returns. */
const PIECE_BYTES = 256;

export class Tokenizer {
  readonly vocabulary: Pointer;
  readonly size: number;
  readonly #bindings: Bindings;
  #piece = Buffer.alloc(PIECE_BYTES);
  #endTokens: readonly number[] | undefined;
  readonly #furtherEnds: ReadonlySet<number>;
  /** Characters of one kind in a row; more would end the process. */
  readonly #maxRun: number;

  /** @param furtherEnds tokens that end a generation although llama.cpp does not know it */
  constructor(bindings: Bindings, model: Pointer, furtherEnds: readonly number[] = []) {
    this.#bindings = bindings;
    this.vocabulary = bindings.vocabulary(model);
    this.size = bindings.vocabularySize(this.vocabulary);
    this.#furtherEnds = new Set(furtherEnds);
    this.#maxRun = longestRunFor(bindings, model);
  }

  tokenize(text: string, addSpecial: boolean, parseSpecial: boolean): number[] {
    const bytes = this.#bytesOf(text);
    let tokens = new Int32Array(bytes.length / 2 + 16);
    for (;;) {
      const count = this.#bindings.tokenize(...this.#call(bytes, tokens, addSpecial, parseSpecial));
      if (count >= 0) return Array.from(tokens.subarray(0, count));
      tokens = new Int32Array(-count);
    }
  }

  /** Like `tokenize`, on another thread: the library only reads the vocabulary. It cannot be interrupted. */
  async tokenizeApart(text: string, addSpecial: boolean, parseSpecial: boolean): Promise<number[]> {
    const bytes = this.#bytesOf(text);
    let tokens = new Int32Array(bytes.length / 2 + 16);
    for (;;) {
      // Both arrays stay referenced here until the call returns, so their memory is not freed.
      const call = this.#call(bytes, tokens, addSpecial, parseSpecial);
      const count = await callAsync(this.#bindings.tokenize, ...call);
      if (count >= 0) return Array.from(tokens.subarray(0, count));
      tokens = new Int32Array(-count);
    }
  }

  /** The arguments of `llama_tokenize`. */
  #call(bytes: Buffer, tokens: Int32Array, addSpecial: boolean, parseSpecial: boolean) {
    return [this.vocabulary, bytes, bytes.length, tokens, tokens.length, addSpecial, parseSpecial] as const;
  }

  /** @throws OllamaError `invalid-request` for a text that the library cannot tokenize */
  #bytesOf(text: string): Buffer {
    const bytes = Buffer.from(text, 'utf8');
    if (bytes.length > MAX_TEXT_BYTES) {
      throw new OllamaError('invalid-request', `the text of ${bytes.length} bytes is too long to tokenize`);
    }
    if (text.length > this.#maxRun && longestRun(text) > this.#maxRun) {
      const message = `the text has ${longestRun(text)} letters, spaces or signs in a row, but the tokenizer of this model takes at most ${this.#maxRun}: break the run with a space or a line`;
      throw new OllamaError('invalid-request', message);
    }
    return bytes;
  }

  /** @param skipSpecial leaves out the texts of control tokens */
  detokenize(tokens: readonly number[], skipSpecial = false): string {
    const ids = this.#knownIds(tokens);
    let text = Buffer.alloc(tokens.length * 8 + 64);
    for (;;) {
      const size = this.#bindings.detokenize(...this.#textCall(ids, text, skipSpecial));
      if (size >= 0) return text.toString('utf8', 0, size);
      text = Buffer.alloc(-size);
    }
  }

  /** Like `detokenize`, on another thread. */
  async detokenizeApart(tokens: readonly number[], skipSpecial = false): Promise<string> {
    const ids = this.#knownIds(tokens);
    let text = Buffer.alloc(tokens.length * 8 + 64);
    for (;;) {
      // Both arrays stay referenced here until the call returns, so their memory is not freed.
      const size = await callAsync(this.#bindings.detokenize, ...this.#textCall(ids, text, skipSpecial));
      if (size >= 0) return text.toString('utf8', 0, size);
      text = Buffer.alloc(-size);
    }
  }

  #knownIds(tokens: readonly number[]): Int32Array {
    this.requireKnown(tokens);
    return Int32Array.from(tokens);
  }

  /** The arguments of `llama_detokenize`. */
  #textCall(ids: Int32Array, text: Buffer, skipSpecial: boolean) {
    return [this.vocabulary, ids, ids.length, text, text.length, false, !skipSpecial] as const;
  }

  /** The bytes of one token; valid until the next call. Special tokens have none unless `special` is set. */
  piece(token: number, special = false): Uint8Array {
    for (;;) {
      const size = this.#bindings.tokenToPiece(
        this.vocabulary,
        token,
        this.#piece,
        this.#piece.length,
        0,
        special,
      );
      if (size >= 0) return this.#piece.subarray(0, size);
      this.#piece = Buffer.alloc(-size);
    }
  }

  /** The bytes of each token, as base64. */
  pieces(tokens: readonly number[]): string[] {
    this.requireKnown(tokens);
    return tokens.map((token) => Buffer.from(this.piece(token, true)).toString('base64'));
  }

  /** The tokens that have these texts; a text that consists of several tokens is skipped. */
  controlTokens(texts: readonly string[]): ReadonlySet<number> {
    const tokens = texts.map((text) => this.tokenize(text, false, true));
    return new Set(tokens.flatMap((ids) => (ids.length === 1 ? ids : [])));
  }

  /**
   * A token id outside the vocabulary would abort the process inside the library.
   * @throws OllamaError `invalid-request` naming the unknown token
   */
  requireKnown(tokens: readonly number[]): void {
    const unknown = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= this.size);
    if (unknown === undefined) return;
    throw new OllamaError(
      'invalid-request',
      `token ${unknown} is not in the vocabulary of ${this.size} tokens`,
    );
  }

  isEndOfGeneration(token: number): boolean {
    return this.#furtherEnds.has(token) || this.#bindings.isEndOfGeneration(this.vocabulary, token);
  }

  /** All tokens that end a generation; computed on first use. */
  get endTokens(): readonly number[] {
    this.#endTokens ??= Array.from({ length: this.size }, (_, token) => token).filter((token) =>
      this.isEndOfGeneration(token),
    );
    return this.#endTokens;
  }

  /** Tokens that the model's author has marked as never to be generated. */
  suppressedTokens(): number[] {
    const count = new Int32Array(1);
    const pointer = this.#bindings.suppressedTokens(this.vocabulary, count);
    const [length = 0] = count;
    return pointer === null || length === 0 ? [] : Array.from(viewInt32(pointer, length));
  }
}
