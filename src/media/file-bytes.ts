import { unusable } from './unusable.ts';

/** Bounded access to the bytes of a file: whatever lies behind the end is a clear error instead of `undefined`. */
export class FileBytes {
  readonly format: string;
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  /** @param format for people, such as "PNG" */
  constructor(format: string, bytes: Uint8Array) {
    this.format = format;
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  /** @throws OllamaError `invalid-request` unless `count` bytes follow `at` */
  need(at: number, count: number): void {
    if (at < 0 || count < 0 || at + count > this.bytes.length)
      throw unusable(`the ${this.format} file ends early`);
  }

  /** The 8-bit number at a place. All numbers below are big-endian, or little-endian where the name says so. */
  byte(at: number): number {
    this.need(at, 1);
    return this.#view.getUint8(at);
  }

  short(at: number): number {
    this.need(at, 2);
    return this.#view.getUint16(at);
  }

  long(at: number): number {
    this.need(at, 4);
    return this.#view.getUint32(at);
  }

  shortLittle(at: number): number {
    this.need(at, 2);
    return this.#view.getUint16(at, true);
  }

  longLittle(at: number): number {
    this.need(at, 4);
    return this.#view.getUint32(at, true);
  }

  /** Four letters, as many formats name their parts. */
  name(at: number): string {
    this.need(at, 4);
    return String.fromCharCode(...this.bytes.subarray(at, at + 4));
  }

  slice(at: number, count: number): Uint8Array {
    this.need(at, count);
    return this.bytes.subarray(at, at + count);
  }

  /** An error about this file. @param reason what is wrong, such as "has no palette" */
  broken(reason: string): Error {
    return unusable(`the ${this.format} file ${reason}`);
  }
}
