import { KIB } from './units.ts';

const FIRST_CAPACITY = 16 * KIB;

/**
 * Bytes that arrive in parts. They are copied, because a sender chooses the parts: a list of millions of one byte each
 * takes a hundred times the memory of its bytes.
 */
export class GrowingBytes {
  #bytes = Buffer.allocUnsafe(0);
  length = 0;

  add(part: Uint8Array): void {
    const needed = this.length + part.length;
    if (needed > this.#bytes.length) this.#grow(needed);
    this.#bytes.set(part, this.length);
    this.length = needed;
  }

  /** The bytes so far; they change with the next `add` after a `clear`. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length, FIRST_CAPACITY));
    grown.set(this.written);
    this.#bytes = grown;
  }
}
