import { unusable } from '../../unusable.ts';

/** Most bits that one access of four bytes holds, wherever in a byte it begins. */
const WORD_BITS = 25;

/** Reads numbers of any number of bits from a file, the highest bit first. */
export class BitReader {
  readonly #bytes: Uint8Array;
  /** Position in bits. */
  #at: number;

  /** @param at position in bytes */
  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at * 8;
  }

  /** Position of the next whole byte. */
  get byte(): number {
    return (this.#at + 7) >>> 3;
  }

  /** Goes on at the next whole byte. */
  align(): void {
    this.#at = this.byte * 8;
  }

  /** @param count up to 32; behind the end, zeros are read: see `check` */
  read(count: number): number {
    if (count > WORD_BITS) return this.read(count - 16) * 2 ** 16 + this.read(16);
    if (count === 0) return 0;
    const value = this.#word() >>> (32 - count);
    this.#at += count;
    return value;
  }

  /** @param count up to 33: the highest bit is the sign */
  signed(count: number): number {
    if (count === 0) return 0;
    const negative = this.read(1);
    return this.read(count - 1) - negative * 2 ** (count - 1);
  }

  /** The number of zeros before the next one. @throws OllamaError when the file ends */
  unary(): number {
    for (let count = 0; ; ) {
      const word = this.#word();
      if (word !== 0) {
        const zeros = Math.clz32(word);
        this.#at += zeros + 1;
        return count + zeros;
      }
      const bits = 32 - (this.#at & 7);
      count += bits;
      this.#at += bits;
      this.check();
    }
  }

  /** @throws OllamaError `invalid-request` when more was read than there is */
  check(): void {
    if (this.#at > this.#bytes.length * 8) throw unusable('the FLAC file ends early');
  }

  /** The next bits, in the upper part of 32. */
  #word(): number {
    const at = this.#at >>> 3;
    const bytes = this.#bytes;
    const word =
      ((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0);
    return word << (this.#at & 7);
  }
}
