import { KIB } from '../base/units.ts';
import type { ByteSource } from './byte-source.ts';
import { invalidGguf } from './errors.ts';

/** Bytes fetched at once: few reads for a header of several MB, little waste for a small one. */
const WINDOW_BYTES = 512 * KIB;

const TWO_TO_32 = 2 ** 32;

/**
 * Reads forward through a source. Only `ensure` waits for bytes; all other methods are synchronous, so that a hundred
 * thousand small reads do not cost as many turns of the event loop.
 */
export class ByteCursor {
  littleEndian = true;
  readonly #source: ByteSource;
  #window = Buffer.alloc(0);
  #view = new DataView(this.#window.buffer, this.#window.byteOffset, 0);
  /** Position of the window in the file. */
  #windowStart: number;
  /** Position of the next byte in the window. */
  #at = 0;

  constructor(source: ByteSource, position = 0) {
    this.#source = source;
    this.#windowStart = position;
  }

  /** Bytes from the start of the file to the next byte. */
  get position(): number {
    return this.#windowStart + this.#at;
  }

  /** Bytes from here to the end of the file. */
  get remaining(): number {
    return this.#source.size - this.position;
  }

  /** Bytes that can be read without waiting. */
  get buffered(): number {
    return this.#window.length - this.#at;
  }

  /**
   * Makes `count` bytes readable.
   * @throws OllamaError `invalid-request` when the file ends too early
   */
  async ensure(count: number): Promise<void> {
    if (count <= this.buffered) return;
    if (count > this.remaining) throw this.#truncated();
    const start = this.position;
    const window = Buffer.allocUnsafe(Math.min(Math.max(count, WINDOW_BYTES), this.remaining));
    let filled = this.#window.copy(window, 0, this.#at);
    while (filled < count) {
      const read = await this.#source.read(window.subarray(filled), start + filled);
      if (read === 0) throw this.#truncated();
      filled += read;
    }
    this.#window = window.subarray(0, filled);
    this.#view = new DataView(window.buffer, window.byteOffset, filled);
    this.#windowStart = start;
    this.#at = 0;
  }

  u32(): number {
    const value = this.#view.getUint32(this.#at, this.littleEndian);
    this.#at += 4;
    return value;
  }

  /** The next byte; undefined when it is not buffered. */
  peekByte(): number | undefined {
    return this.#window[this.#at];
  }

  /** Reads a u64 as a number: exact up to 2^53; above that still larger than any limit it is compared with. */
  u64(): number {
    const value = this.peekU64();
    this.#at += 8;
    return value;
  }

  peekU64(): number {
    const first = this.#view.getUint32(this.#at, this.littleEndian);
    const second = this.#view.getUint32(this.#at + 4, this.littleEndian);
    return this.littleEndian ? first + second * TWO_TO_32 : first * TWO_TO_32 + second;
  }

  /** Applies a `DataView` reader to the next `size` bytes. */
  take<T>(size: number, read: (view: DataView, at: number, littleEndian: boolean) => T): T {
    const value = read(this.#view, this.#at, this.littleEndian);
    this.#at += size;
    return value;
  }

  /** Decodes UTF-8; invalid bytes become U+FFFD. */
  text(size: number): string {
    const value = this.#window.toString('utf8', this.#at, this.#at + size);
    this.#at += size;
    return value;
  }

  /** Skips bytes, buffered or not. */
  skip(count: number): void {
    if (count > this.remaining) throw this.#truncated();
    this.#at += count;
    if (this.#at <= this.#window.length) return;
    this.#windowStart += this.#at;
    this.#window = Buffer.alloc(0);
    this.#at = 0;
  }

  #truncated(): Error {
    return invalidGguf(
      `it ends too early, at byte ${this.#source.size}: the download or copy may be incomplete`,
    );
  }
}
