/**
 * Tokens are bytes, and a character may span several of them. Holds the bytes of an unfinished character back
 * until it is whole; bytes that can never become one turn into U+FFFD.
 */
export class Utf8Holder {
  #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  /** The text that is certain after these bytes. */
  push(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** What is left at the end: U+FFFD for an unfinished character. */
  flush(): string {
    return this.#decoder.decode();
  }
}
