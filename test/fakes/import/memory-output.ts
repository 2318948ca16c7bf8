import type { OutputStream } from '../../../src/convert/tensors/output-stream.ts';

/** Keeps what is written in memory. Rooms are small and of changing sizes, as at the ends of real buffers. */
export class MemoryOutput implements OutputStream {
  readonly #parts: Uint8Array[] = [];
  readonly #sizes: readonly number[];
  #turn = 0;
  #room = new Uint8Array();

  /** @param sizes bytes of the rooms, in turn; multiples of 64 */
  constructor(sizes: readonly number[] = [64, 4096, 65_536]) {
    this.#sizes = sizes;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  room(bytes: number): Promise<Uint8Array> {
    const size = this.#sizes[this.#turn++ % this.#sizes.length] ?? 64;
    this.#room = new Uint8Array(Math.max(bytes, size));
    return Promise.resolve(this.#room);
  }

  commit(bytes: number): void {
    this.#parts.push(this.#room.subarray(0, bytes));
  }
}
