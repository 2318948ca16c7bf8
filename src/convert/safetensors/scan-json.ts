/** What can be learned of a JSON text without building its values, whatever its author chose to nest. */
export interface JsonScan {
  /** Keys of all objects: each colon outside of a text. */
  readonly keys: number;
  /** Opening brackets, colons and commas: an upper bound of the number of values. */
  readonly values: number;
  readonly depth: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;

/** Counts what a JSON text has. The counts of a text that is not JSON mean nothing, but the scan ends. */
export function scanJson(bytes: Uint8Array): JsonScan {
  let keys = 0;
  let values = 0;
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfText(bytes, at + 1);
        break;
      case COLON:
        keys += 1;
        values += 1;
        break;
      case COMMA:
        values += 1;
        break;
      case OPENING_BRACE:
      case OPENING_BRACKET:
        values += 1;
        depth += 1;
        deepest = Math.max(deepest, depth);
        break;
      case CLOSING_BRACE:
      case CLOSING_BRACKET:
        depth -= 1;
        break;
    }
  }
  return { keys, values, depth: deepest };
}

/** @returns the place of the closing quote, or the end */
function endOfText(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
