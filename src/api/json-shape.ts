import { OllamaError } from '../base/errors.ts';

/** Maximum nesting depth: real tool schemas stay under 30, and everything after the parser may recurse. */
const MAX_JSON_DEPTH = 200;
/**
 * Maximum number of brackets, texts (keys included), colons and commas. JSON.parse needs at most 0.3 s for so many. A
 * conversation of 100,000 messages, or a million token IDs, is within it.
 */
export const MAX_JSON_PARTS = 1_000_000;

export interface JsonShape {
  /** Bytes up to the end of the first value, or all of them if it has no end. */
  readonly end: number;
  /** Number of brackets, texts, colons and commas. */
  readonly parts: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/**
 * Measures the first JSON value of UTF-8 bytes in one pass, without parsing it: what would be expensive to parse is
 * refused before it is parsed. Text that is not JSON gets any shape within the limits.
 * @throws OllamaError `invalid-request` for nesting or a number of parts beyond the limits
 */
export function measureJson(bytes: Uint8Array, maxParts = MAX_JSON_PARTS): JsonShape {
  let [parts, depth] = [0, 0];
  for (let at = 0; at < bytes.length; at += 1) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfText(bytes, at + 1);
        parts += 1;
        break;
      case COMMA:
      case COLON:
        parts += 1;
        break;
      case OPENING_BRACKET:
      case OPENING_BRACE:
        parts += 1;
        depth += 1;
        if (depth > MAX_JSON_DEPTH) throw refusal(`nested more than ${MAX_JSON_DEPTH} levels deep`);
        break;
      case CLOSING_BRACKET:
      case CLOSING_BRACE:
        depth -= 1;
        if (depth <= 0) return { end: at + 1, parts };
    }
    if (parts > maxParts) throw refusal(`more than ${maxParts} keys, values and separators`);
  }
  return { end: bytes.length, parts };
}

/** From this many bytes on, a native search is faster than a loop. */
const SHORT_TEXT_BYTES = 32;

/** Index of the quote that ends a text, or of the end of the bytes. */
function endOfText(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length) {
    const loopEnd = Math.min(bytes.length, at + SHORT_TEXT_BYTES);
    while (at < loopEnd) {
      if (bytes[at] === QUOTE) return at;
      at += bytes[at] === BACKSLASH ? 2 : 1;
    }
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0) return bytes.length;
    if (!isEscaped(bytes, quote, at)) return quote;
    at = quote + 1;
  }
  return bytes.length;
}

/** Whether an odd number of backslashes, not before `start`, precedes the byte. */
function isEscaped(bytes: Uint8Array, index: number, start: number): boolean {
  let first = index;
  while (first > start && bytes[first - 1] === BACKSLASH) first -= 1;
  return (index - first) % 2 === 1;
}

function refusal(what: string): OllamaError {
  return new OllamaError('invalid-request', `invalid JSON: ${what}`);
}
