/**
 * A `llama_token_data_array` over the whole vocabulary, in native memory and reused by every sequence of a context.
 * Layouts (include/llama.h): token data { int32 id; float logit; float p }, list { data*; size_t size; int64 selected;
 * bool sorted }.
 */
import { OllamaError } from '../../base/errors.ts';
import type { Pointer } from '../native/bindings.ts';
import { allocateInt32 } from '../native/native-memory.ts';

const FIELDS_PER_TOKEN = 3;
const BYTES_PER_TOKEN = 12;
const LIST_INTS = 8;
/** Indexes among the list's 64-bit fields. */
const SIZE = 1;
const SELECTED = 2;
/** Index of `sorted` among the list's 32-bit fields. */
const SORTED = 6;

export class CandidateList {
  readonly #size: number;
  readonly #ids: Int32Array;
  readonly #logits: Float32Array;
  readonly #list;
  /** The list's data*, size and selected, which samplers change. */
  readonly #fields: BigInt64Array;
  readonly #data: Pointer;
  /** A second list, over some of the candidates. */
  readonly #slice;
  readonly #sliceFields: BigInt64Array;

  constructor(vocabularySize: number) {
    this.#size = vocabularySize;
    const data = allocateInt32(vocabularySize * FIELDS_PER_TOKEN);
    this.#data = data.pointer;
    this.#ids = data.view;
    this.#logits = new Float32Array(data.view.buffer);
    this.#list = allocateInt32(LIST_INTS);
    this.#fields = new BigInt64Array(this.#list.view.buffer);
    this.#slice = allocateInt32(LIST_INTS);
    this.#sliceFields = new BigInt64Array(this.#slice.view.buffer);
  }

  /** Address of the list. */
  get pointer(): Pointer {
    return this.#list.pointer;
  }

  /** Loads the logits of one output, unsorted. */
  fill(logits: Float32Array): void {
    for (let token = 0, at = 0; token < this.#size; token++, at += FIELDS_PER_TOKEN) {
      this.#ids[at] = token;
      this.#logits[at + 1] = logits[token] ?? Number.NEGATIVE_INFINITY;
      this.#logits[at + 2] = 0;
    }
    this.#describe(this.#size);
  }

  /** Loads some logits of one output. @param tokens each at most once */
  fillWith(tokens: Int32Array, logits: Float32Array): void {
    let at = 0;
    for (const token of tokens) {
      this.#ids[at] = token;
      this.#logits[at + 1] = logits[token] ?? Number.NEGATIVE_INFINITY;
      this.#logits[at + 2] = 0;
      at += FIELDS_PER_TOKEN;
    }
    // Some samplers draw a random number only among several candidates, and a masked one is one, too.
    if (tokens.length === 1) {
      this.#ids[at] = tokens[0] === 0 ? 1 : 0;
      this.#logits[at + 1] = Number.NEGATIVE_INFINITY;
      this.#logits[at + 2] = 0;
    }
    this.#describe(tokens.length === 1 ? 2 : tokens.length);
  }

  /** Masks the candidates that a filter does not allow. */
  keep(allows: (token: number) => boolean): void {
    for (let index = 0, { size } = this; index < size; index++) {
      const at = this.#at(index);
      if (!allows(this.#ids[at] ?? 0)) this.#logits[at + 1] = Number.NEGATIVE_INFINITY;
    }
  }

  /**
   * The token that the chain selected; undefined when all candidates are masked.
   * @param above undefined for a token whose logit is not greater than this
   */
  selected(above = Number.NEGATIVE_INFINITY): number | undefined {
    const at = this.#at(Number(this.#fields[SELECTED]));
    const token = this.#ids[at];
    if (token === undefined) throw new OllamaError('runner-failed', 'the samplers selected no token');
    return (this.#logits[at + 1] ?? 0) > above ? token : undefined;
  }

  /**
   * Must be called after a mask was applied to a sorted list, because the mask breaks the order.
   * @returns number of candidates that are not masked
   */
  remask(): number {
    this.#list.view[SORTED] = 0;
    let count = 0;
    for (let index = 0, { size } = this; index < size; index++) {
      if ((this.#logits[this.#at(index) + 1] ?? 0) > Number.NEGATIVE_INFINITY) count++;
    }
    return count;
  }

  /** The tokens that are not masked, in the order of the list. */
  possible(): number[] {
    const tokens: number[] = [];
    for (let index = 0, { size } = this; index < size; index++) {
      const at = this.#at(index);
      if ((this.#logits[at + 1] ?? 0) > Number.NEGATIVE_INFINITY) tokens.push(this.#ids[at] ?? 0);
    }
    return tokens;
  }

  /** Number of candidates. */
  get size(): number {
    return Number(this.#fields[SIZE]);
  }

  /**
   * Describes up to `count` candidates as a list of their own, for a filter that judges each by itself.
   * @returns address of the list, valid until the next call
   */
  slice(from: number, count: number): Pointer {
    const size = Math.min(count, this.size - from);
    this.#sliceFields[0] = (this.#fields[0] ?? 0n) + BigInt(from * BYTES_PER_TOKEN);
    this.#slice.view.set([size, 0, -1, -1, 0, 0], 2);
    return this.#slice.pointer;
  }

  /** Whether a filter leaves this token possible. Overwrites the list. */
  allows(token: number, filter: (list: Pointer) => void): boolean {
    this.#ids[0] = token;
    this.#logits[1] = 1;
    this.#logits[2] = 0;
    this.#describe(1);
    filter(this.pointer);
    return this.#logits[1] !== Number.NEGATIVE_INFINITY;
  }

  /** Offset of a candidate's fields; a sampler that drops the first candidates moves data*. */
  #at(index: number): number {
    const dropped = Number((this.#fields[0] ?? 0n) - this.#data) / BYTES_PER_TOKEN;
    return index < 0 ? -1 : (dropped + index) * FIELDS_PER_TOKEN;
  }

  #describe(size: number): void {
    this.#fields[0] = this.#data;
    this.#list.view.set([size, 0, -1, -1, 0, 0], 2);
  }
}
