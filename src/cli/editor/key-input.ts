import { KeyDecoder } from './key-decoder.ts';
import type { KeyEvent } from './key-event.ts';

/** The bytes of one key may come apart on a slow line: an Escape alone for so long, as in readline, is the key. */
const ESCAPE_MS = 500;
/** A paste that has not gone on for so long has lost its end. */
const PASTE_MS = 3000;

export interface KeyListener {
  onKeys(keys: readonly KeyEvent[]): void;
  /** The terminal went away. */
  onEnd(): void;
}

/** The keys that come from a terminal, from now on until `close`. */
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

  /** Leaves what is typed to another program. */
  pause(): void {
    this.#stdin.pause();
  }

  resume(): void {
    this.#stdin.resume();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#stdin.off('data', this.#onData);
    // Not the listener for errors: one that comes late must not end the process.
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
