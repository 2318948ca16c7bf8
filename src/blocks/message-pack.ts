/** Writes the part of MessagePack that the events need, with the shortest form of each value, as vLLM's encoder does. */
import { GrowingBytes } from '../base/growing-bytes.ts';

const UINT8 = 2 ** 8;
const UINT16 = 2 ** 16;
const UINT32 = 2 ** 32;

/** The first byte of a kind of value, by how its length is written. */
interface Marks {
  /** Added to a length below `few`, which needs no further byte. */
  readonly short?: number;
  readonly few?: number;
  readonly one?: number;
  readonly two: number;
  readonly four: number;
}

const marks = {
  integer: { short: 0, few: 0x80, one: 0xcc, two: 0xcd, four: 0xce },
  text: { short: 0xa0, few: 32, one: 0xd9, two: 0xda, four: 0xdb },
  bytes: { one: 0xc4, two: 0xc5, four: 0xc6 },
  list: { short: 0x90, few: 16, two: 0xdc, four: 0xdd },
  map: { short: 0x80, few: 16, two: 0xde, four: 0xdf },
} as const satisfies Readonly<Record<string, Marks>>;

const NIL = 0xc0;
const FLOAT64 = 0xcb;

export class MessagePack {
  readonly #bytes = new GrowingBytes();

  /** What was written, in memory of its own. */
  get written(): Buffer {
    return Buffer.from(this.#bytes.written);
  }

  nil(): void {
    this.#add([NIL]);
  }

  /** @param value a whole number from 0 to 2^32 - 1 */
  integer(value: number): void {
    this.#head(marks.integer, value);
  }

  float(value: number): void {
    const bytes = Buffer.alloc(9);
    bytes[0] = FLOAT64;
    bytes.writeDoubleBE(value, 1);
    this.#bytes.add(bytes);
  }

  text(value: string): void {
    const bytes = Buffer.from(value);
    this.#head(marks.text, bytes.length);
    this.#bytes.add(bytes);
  }

  bytes(value: Uint8Array): void {
    this.#head(marks.bytes, value.length);
    this.#bytes.add(value);
  }

  /** Its items must follow. */
  list(length: number): void {
    this.#head(marks.list, length);
  }

  /** Names and values must follow, in turn. */
  map(length: number): void {
    this.#head(marks.map, length);
  }

  /** Like `map`, with a length of two bytes, as encoders write it that do not know it before. */
  wideMap(length: number): void {
    this.#add([marks.map.two, length >> 8, length & 0xff]);
  }

  #head({ short, few = 0, one, two, four }: Marks, value: number): void {
    if (short !== undefined && value < few) this.#add([short + value]);
    else if (one !== undefined && value < UINT8) this.#add([one, value]);
    else if (value < UINT16) this.#add([two, value >> 8, value & 0xff]);
    else if (value < UINT32) this.#add([four, value >>> 24, value >>> 16, value >>> 8, value]);
    else throw new RangeError(`${value} needs more than 32 bits`);
  }

  #add(bytes: readonly number[]): void {
    this.#bytes.add(Uint8Array.from(bytes));
  }
}
