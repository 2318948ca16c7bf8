/** One frame: its length as a 32-bit little-endian integer, then that many bytes of UTF-8 JSON. */
import { OllamaError } from '../base/errors.ts';
import { MIB } from '../base/units.ts';

const HEADER_BYTES = 4;
/** The largest frame holds a prompt's tokens; a million of them take less than 8 MiB of JSON. */
export const MAX_FRAME_BYTES = 64 * MIB;

export function encodeFrame(value: unknown): Buffer {
  const text = JSON.stringify(value);
  const size = Buffer.byteLength(text);
  if (size > MAX_FRAME_BYTES) {
    throw new OllamaError('too-large', `a message of ${size} bytes is over the limit of ${MAX_FRAME_BYTES}`);
  }
  const frame = Buffer.allocUnsafe(HEADER_BYTES + size);
  frame.writeUInt32LE(size, 0);
  frame.write(text, HEADER_BYTES);
  return frame;
}

/** Cuts a stream of bytes into frames, wherever the pipe split them. */
export class FrameDecoder {
  #chunks: Buffer[] = [];
  #buffered = 0;

  /**
   * @returns the values of all frames complete so far
   * @throws OllamaError `too-large` for a length over the limit, SyntaxError for bytes that are not JSON
   */
  push(chunk: Buffer): unknown[] {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    const values: unknown[] = [];
    for (;;) {
      const size = this.#peekSize();
      if (size === undefined || this.#buffered < HEADER_BYTES + size) return values;
      const bytes = this.#joined();
      values.push(JSON.parse(bytes.toString('utf8', HEADER_BYTES, HEADER_BYTES + size)));
      this.#chunks = [bytes.subarray(HEADER_BYTES + size)];
      this.#buffered -= HEADER_BYTES + size;
    }
  }

  #peekSize(): number | undefined {
    if (this.#buffered < HEADER_BYTES) return undefined;
    const first = this.#chunks[0];
    const bytes = first && first.length >= HEADER_BYTES ? first : this.#joined();
    const size = bytes.readUInt32LE(0);
    if (size > MAX_FRAME_BYTES)
      throw new OllamaError('too-large', `a frame of ${size} bytes is over the limit`);
    return size;
  }

  #joined(): Buffer {
    const bytes = this.#chunks.length === 1 ? this.#chunks[0] : undefined;
    if (bytes) return bytes;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }
}
