/**
 * Tokens are bytes, and a character may span several of them. Holds back the bytes of an unfinished character until it
 * is complete; bytes that can never become a character turn into U+FFFD.
 */
export class Utf8Holder {
  #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  /** Returns the text that is certain after these bytes. */
  push(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** Returns what is left at the end: U+FFFD for an unfinished character. */
  flush(): string {
    return this.#decoder.decode();
  }
}

/** Maximum number of bytes of an unfinished character; a complete one has up to 4. */
const MAX_WAITING = 3;

/** The bytes at the end that begin a character and do not finish it. */
export function unfinishedCharacter(bytes: Uint8Array): Uint8Array {
  for (let size = 1; size <= Math.min(MAX_WAITING, bytes.length); size++) {
    const byte = bytes[bytes.length - size] ?? 0;
    const isContinuation = (byte & 0xc0) === 0x80;
    if (isContinuation) continue;
    return bytes.slice(sequenceLength(byte) > size ? bytes.length - size : bytes.length);
  }
  return new Uint8Array();
}

/** Number of bytes in the character that starts with this byte. */
function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}
