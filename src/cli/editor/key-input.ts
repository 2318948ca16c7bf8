import { KeyDecoder } from './key-decoder.ts';
import type { KeyEvent } from './key-event.ts';

/** Time after which a lone Escape is the key itself, as in readline. On a slow line, the bytes of a key may arrive separately. */
const ESCAPE_MS = 500;
/** Time without input after which the end of a paste is considered lost. */
const PASTE_MS = 3000;

export interface KeyListener {
  onKeys(keys: readonly KeyEvent[]): void;
  /** The terminal was closed. */
  onEnd(): void;
}

/** Listens to the keys of a terminal until `close`. */
export class KeyInput {
  readonly #stdin: NodeJS.ReadStream;
  readonly #listener: KeyListener;
  readonly #decoder = new KeyDecoder();
  #timer: NodeJS.Timeout | undefined;

  constructor(stdin: NodeJS.ReadStream, listener: KeyListener) {
    this.#stdin = stdin;
    this.#listener = listener;
    stdin.on('data', this.#onData);
    for (const event of ['end', 'close', 'error'] as const) stdin.on(event, this.#onEnd);
  }

  /** Stops reading, so that another program gets the input. */
  pause(): void {
    this.#stdin.pause();
  }

  resume(): void {
    this.#stdin.resume();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#stdin.off('data', this.#onData);
    // The error listener stays, so that a late error does not end the process.
    for (const event of ['end', 'close'] as const) this.#stdin.off(event, this.#onEnd);
    this.#stdin.pause();
  }

  readonly #onData = (bytes: Uint8Array): void => {
    clearTimeout(this.#timer);
    this.#listener.onKeys(this.#decoder.push(bytes));
    if (!this.#decoder.isWaiting) return;
    const wait = this.#decoder.isPasting ? PASTE_MS : ESCAPE_MS;
    this.#timer = setTimeout(() => this.#listener.onKeys(this.#decoder.flush()), wait);
  };

  readonly #onEnd = (): void => this.#listener.onEnd();
}
