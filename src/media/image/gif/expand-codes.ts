import type { FileBytes } from '../../file-bytes.ts';

/** Codes have at most twelve bits. */
const MAX_BITS = 12;
const MAX_CODES = 1 << MAX_BITS;

/**
 * Expands the compressed data of a GIF picture (its specification, appendix F): each code stands for a string of color
 * indexes, which is an earlier string and one more index. Strings are kept as places in the result, where they already are.
 * @param at where the data begins: the number of bits of an index, then blocks of bytes
 * @param size number of pixels; data beyond it is ignored
 * @throws OllamaError `invalid-request` for codes that do not exist, and for too few of them
 */
export function expandCodes(file: FileBytes, at: number, size: number): Uint8Array {
  const indexBits = file.byte(at);
  if (indexBits < 1 || indexBits > 8)
    throw file.broken('is damaged: its colors have an impossible number of bits');
  const codes = new CodeReader(file, at + 1);
  const strings = new Strings(1 << indexBits, size);
  let bits = indexBits + 1;
  while (strings.filled < size) {
    const code = codes.read(bits);
    if (code === undefined || code === strings.end) throw file.broken('ends early');
    if (code === strings.clear) {
      strings.reset();
    } else if (!strings.add(code)) {
      throw file.broken('is damaged: it has a code that does not exist');
    }
    bits = strings.codeBits(indexBits + 1);
  }
  return strings.result;
}

/** The strings that codes stand for at this point of the data, and the result so far. */
class Strings {
  readonly clear: number;
  readonly end: number;
  readonly result: Uint8Array;
  filled = 0;
  readonly #starts = new Int32Array(MAX_CODES);
  readonly #lengths = new Int32Array(MAX_CODES);
  /** The code that the next string gets. */
  #next: number;
  /** Where the string before begins in the result; negative when there is none. */
  #previous = -1;

  constructor(colors: number, size: number) {
    this.clear = colors;
    this.end = colors + 1;
    this.#next = colors + 2;
    this.result = new Uint8Array(size);
  }

  reset(): void {
    this.#next = this.clear + 2;
    this.#previous = -1;
  }

  /** Bits of the next code: they grow with the number of codes that exist when it is read. */
  codeBits(fewest: number): number {
    let bits = fewest;
    while (bits < MAX_BITS && this.#next >= 1 << bits) bits += 1;
    return bits;
  }

  /** Appends the string of a code. @returns false if there is no such code */
  add(code: number): boolean {
    const start = this.filled;
    if (this.#previous >= 0 && this.#next < MAX_CODES) {
      // The string before and the first index of this one lie side by side.
      this.#starts[this.#next] = this.#previous;
      this.#lengths[this.#next] = start - this.#previous + 1;
      this.#next += 1;
    }
    if (code >= this.#next) return false;
    this.#previous = start;
    if (code < this.clear) {
      this.result[this.filled++] = code;
      return true;
    }
    const from = this.#starts[code] as number;
    const end = Math.min(this.result.length, start + (this.#lengths[code] as number));
    // One by one: the newest string may reach into itself.
    for (let source = from; this.filled < end; source++) {
      this.result[this.filled++] = this.result[source] as number;
    }
    return true;
  }
}

/** Reads numbers of a few bits, the lowest first, from blocks of bytes. */
class CodeReader {
  readonly #file: FileBytes;
  #at: number;
  /** Bytes left in the current block. */
  #left = 0;
  #bits = 0;
  #count = 0;

  constructor(file: FileBytes, at: number) {
    this.#file = file;
    this.#at = at;
  }

  /** @returns undefined behind the last block */
  read(count: number): number | undefined {
    while (this.#count < count) {
      if (this.#left === 0) {
        this.#left = this.#file.byte(this.#at++);
        if (this.#left === 0) return undefined;
      }
      this.#bits |= this.#file.byte(this.#at++) << this.#count;
      this.#count += 8;
      this.#left -= 1;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#count -= count;
    return value;
  }
}
