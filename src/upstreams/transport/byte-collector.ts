/** The least that is allocated for a text that comes in pieces. */
const LEAST_BYTES = 1024;

/**
 * Bytes that come in pieces, in one buffer: whoever sends many small pieces makes us keep their bytes only. The pieces are
 * copied, because the socket may use their memory again.
 */
export class ByteCollector {
  #buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(piece: Uint8Array): void {
    const needed = this.#length + piece.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2, LEAST_BYTES));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(piece, this.#length);
    this.#length = needed;
  }

  /** Hands the bytes out; what comes next is a new text. */
  take(): Uint8Array {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
    return taken;
  }
}
