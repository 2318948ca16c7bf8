import { OllamaError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';

/** The longest real line is the last one of a generate run: the token IDs of a whole context. */
export const MAX_LINE_BYTES = 4 * MIB;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Cuts a stream of bytes into lines, without their ends. */
export class LineSplitter {
  readonly #limit: number;
  #pieces: Uint8Array[] = [];
  #held = 0;

  /** @param limit bytes of one line */
  constructor(limit = MAX_LINE_BYTES) {
    this.#limit = limit;
  }

  /** @throws OllamaError `upstream` for a line beyond the limit */
  push(chunk: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#hold(chunk.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    // Copied, because the socket may use the memory of its chunks again.
    if (start < chunk.length) this.#hold(Uint8Array.from(chunk.subarray(start)));
    return lines;
  }

  /** The last line, if it has no end. */
  end(): Uint8Array[] {
    return this.#held === 0 ? [] : [this.#take()];
  }

  #hold(piece: Uint8Array): void {
    this.#held += piece.length;
    if (this.#held > this.#limit) {
      throw new OllamaError('upstream', `it sent a line of more than ${this.#limit} bytes`, { status: 502 });
    }
    this.#pieces.push(piece);
  }

  #take(): Uint8Array {
    const [only] = this.#pieces;
    const line = this.#pieces.length === 1 && only ? only : Buffer.concat(this.#pieces, this.#held);
    this.#pieces = [];
    this.#held = 0;
    return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
  }
}
