import { OllamaError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import { ByteCollector } from './byte-collector.ts';

/** The longest real line is the last one of a generate run: the token IDs of a whole context. */
export const MAX_LINE_BYTES = 4 * MIB;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Cuts a stream of bytes into lines, without their ends. */
export class LineSplitter {
  readonly #limit: number;
  readonly #held = new ByteCollector();

  /** @param limit bytes of one line */
  constructor(limit = MAX_LINE_BYTES) {
    this.#limit = limit;
  }

  /** @throws OllamaError `upstream` for a line beyond the limit */
  push(chunk: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      lines.push(this.#line(chunk.subarray(start, end)));
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
    return lines;
  }

  /** The last line, if it has no end. */
  end(): Uint8Array[] {
    return this.#held.length === 0 ? [] : [withoutReturn(this.#held.take())];
  }

  /** A whole line; it shares the memory of the chunk if it came in one. */
  #line(last: Uint8Array): Uint8Array {
    this.#check(last);
    if (this.#held.length === 0) return withoutReturn(last);
    this.#held.push(last);
    return withoutReturn(this.#held.take());
  }

  #hold(piece: Uint8Array): void {
    this.#check(piece);
    this.#held.push(piece);
  }

  #check(piece: Uint8Array): void {
    if (this.#held.length + piece.length > this.#limit) {
      throw new OllamaError('upstream', `it sent a line of more than ${this.#limit} bytes`, { status: 502 });
    }
  }
}

function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}
