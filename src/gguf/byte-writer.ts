/** A buffer that grows as values are appended. */
export class ByteWriter {
  readonly #littleEndian: boolean;
  #buffer = new Uint8Array(4096);
  #view = new DataView(this.#buffer.buffer);
  #length = 0;

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Applies a `DataView` writer to the next `size` bytes. */
  put(size: number, write: (view: DataView, at: number, littleEndian: boolean) => void): void {
    this.#reserve(size);
    write(this.#view, this.#length, this.#littleEndian);
    this.#length += size;
  }

  u32(value: number): void {
    this.put(4, (view, at, littleEndian) => view.setUint32(at, value, littleEndian));
  }

  u64(value: number | bigint): void {
    this.put(8, (view, at, littleEndian) => view.setBigUint64(at, BigInt(value), littleEndian));
  }

  bytes(content: Uint8Array): void {
    this.#reserve(content.length);
    this.#buffer.set(content, this.#length);
    this.#length += content.length;
  }

  /** Writes the length (u64), then the UTF-8 bytes. */
  text(value: string): void {
    const content = new TextEncoder().encode(value);
    this.u64(content.length);
    this.bytes(content);
  }

  /** Appends zeros up to a multiple of the alignment. */
  pad(alignment: number): void {
    const missing = (alignment - (this.#length % alignment)) % alignment;
    this.bytes(new Uint8Array(missing));
  }

  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
    this.#view = new DataView(larger.buffer);
  }
}
