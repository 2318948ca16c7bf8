/**
 * A `llama_token_data_array` over the whole vocabulary, in native memory and reused by every sequence of a context.
 * Layouts (include/llama.h): token data { int32 id; float logit; float p }, list { data*; size_t size;
 * int64 selected; bool sorted }.
 */
import { OllamaError } from '../../base/errors.ts';
import type { MaybePointer, Pointer } from '../native/bindings.ts';
import { allocateInt32, viewFloats } from '../native/native-memory.ts';

const FIELDS_PER_TOKEN = 3;
const LIST_INTS = 8;

export class CandidateList {
  readonly #size: number;
  readonly #ids: Int32Array;
  readonly #logits: Float32Array;
  readonly #list;
  readonly #data: Pointer;

  constructor(vocabularySize: number) {
    this.#size = vocabularySize;
    const data = allocateInt32(vocabularySize * FIELDS_PER_TOKEN);
    this.#data = data.pointer;
    this.#ids = data.view;
    this.#logits = new Float32Array(data.view.buffer);
    this.#list = allocateInt32(LIST_INTS);
  }

  /** Address of the list. */
  get pointer(): Pointer {
    return this.#list.pointer;
  }

  /** Loads the logits of one output, unsorted. */
  fill(logits: MaybePointer): void {
    if (logits === null)
      throw new OllamaError('runner-failed', 'the engine gave no logits for a sampled token');
    const values = viewFloats(logits, this.#size);
    for (let token = 0, at = 0; token < this.#size; token++, at += FIELDS_PER_TOKEN) {
      this.#ids[at] = token;
      this.#logits[at + 1] = values[token] ?? Number.NEGATIVE_INFINITY;
      this.#logits[at + 2] = 0;
    }
    this.#describe(this.#size);
  }

  /** The token that the chain selected. */
  selected(): number {
    const index = this.#list.view[4] ?? -1;
    const token = index < 0 ? undefined : this.#ids[index * FIELDS_PER_TOKEN];
    if (token === undefined) throw new OllamaError('runner-failed', 'the samplers selected no token');
    return token;
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

  #describe(size: number): void {
    const address = new BigUint64Array(this.#list.view.buffer, 0, 1);
    address[0] = this.#data;
    this.#list.view.set([size, 0, -1, -1, 0, 0], 2);
  }
}
