import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Texts of one turn that are held back at most, so that a client that reads nothing stops whoever writes. */
const MAX_HELD_CHARACTERS = 16 * 1024;

/**
 * Writes the body of a reply in chunks (RFC 9112, section 7.1), each with one write to the socket. Node writes a chunk in
 * four parts, and writing is what a token of a stream costs most. What is written in one turn of the event loop is sent
 * together, with the header in front of it.
 */
export class ChunkedOutput {
  readonly #outgoing: ServerResponse;
  readonly #socket: Socket;
  #hasHeader = false;
  #held = '';
  #release: (() => void) | undefined;

  /** @param outgoing has its header, with `Transfer-Encoding: chunked`, and its turn on the socket */
  constructor(outgoing: ServerResponse, socket: Socket) {
    this.#outgoing = outgoing;
    this.#socket = socket;
  }

  write(text: string): void {
    if (text === '') return;
    if (this.#held === '') process.nextTick(() => this.#flush());
    this.#held += `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
    if (this.#held.length > MAX_HELD_CHARACTERS) this.#flush();
  }

  /** Whether the client has to read before more should be written. */
  get isBlocked(): boolean {
    return this.#socket.writableNeedDrain;
  }

  /** Resolves when the output is no longer blocked, or after `release`. */
  released(): Promise<void> {
    return new Promise((resolve) => {
      this.#release = resolve;
      this.#socket.once('drain', resolve);
    });
  }

  /** Must be called when the connection is closed. */
  release(): void {
    this.#release?.();
  }

  end(): void {
    this.#socket.cork();
    this.#flush();
    this.#outgoing.end();
    this.#socket.uncork();
  }

  #flush(): void {
    const text = this.#held;
    this.#held = '';
    if (text === '' || this.#outgoing.destroyed || !this.#socket.writable) return;
    if (this.#hasHeader) {
      this.#socket.write(text);
      return;
    }
    this.#hasHeader = true;
    this.#socket.cork();
    this.#outgoing.flushHeaders();
    this.#socket.write(text);
    this.#socket.uncork();
  }
}
