import type { NativeBatch } from '../native/bindings.ts';
import {
  allocateFloat32,
  allocateInt32,
  allocatePointerTable,
  allocateUint8,
} from '../native/native-memory.ts';

/** The single batch of a context, in native memory and reused for every step. */
export class Batch {
  readonly capacity: number;
  readonly #token;
  readonly #position;
  readonly #sequence;
  readonly #wanted;
  /** The hidden states that come with the tokens, `#width` values each; absent = none. */
  readonly #rows;
  readonly #width: number;
  readonly #native: NativeBatch;

  /** @param width number of values that come with each token; 0 = none */
  constructor(capacity: number, width = 0) {
    this.capacity = capacity;
    this.#token = allocateInt32(capacity);
    this.#position = allocateInt32(capacity);
    this.#sequence = allocateInt32(capacity);
    this.#wanted = allocateUint8(capacity);
    this.#width = width;
    this.#rows = width > 0 ? allocateFloat32(capacity * width) : undefined;
    const sequencesPerToken = allocateInt32(capacity);
    sequencesPerToken.view.fill(1);
    this.#native = {
      n_tokens: 0,
      token: this.#token.pointer,
      embd: this.#rows?.pointer ?? null,
      pos: this.#position.pointer,
      n_seq_id: sequencesPerToken.pointer,
      seq_id: allocatePointerTable(this.#sequence.pointer, Int32Array.BYTES_PER_ELEMENT, capacity),
      logits: this.#wanted.pointer,
    };
  }

  get size(): number {
    return this.#native.n_tokens;
  }

  clear(): void {
    this.#native.n_tokens = 0;
  }

  /**
   * Adds one token of a sequence.
   * @param wantsLogits whether the next token will be sampled after it
   * @returns its index in the batch, used to request its logits
   */
  add(token: number, position: number, sequence: number, wantsLogits: boolean): number {
    const index = this.#native.n_tokens++;
    this.#token.view[index] = token;
    this.#position.view[index] = position;
    this.#sequence.view[index] = sequence;
    this.#wanted.view[index] = wantsLogits ? 1 : 0;
    return index;
  }

  /** Sets the values that come with a token. */
  setRow(index: number, row: Float32Array): void {
    this.#rows?.view.set(row, index * this.#width);
  }

  get native(): NativeBatch {
    return this.#native;
  }
}
