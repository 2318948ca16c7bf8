/** Go's string and character constants (strconv.Unquote). */

const simple: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
};
const digitCounts: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const MAX_CODE_POINT = 0x10ffff;

/** The content of a string between double quotes or backquotes; undefined when it is malformed. */
export function unquoteString(source: string): string | undefined {
  const inner = source.slice(1, -1);
  if (source.startsWith('`')) return inner.replaceAll('\r', '');
  if (!inner.includes('\\')) return wellFormed(inner);
  const units = unquoted(inner, '"');
  return units && textOf(units);
}

/** The code point (or byte) between single quotes; undefined unless it is exactly one. */
export function unquoteCharacter(source: string): number | undefined {
  const units = unquoted(source.slice(1, -1), "'");
  return units?.length === 1 ? units[0]?.code : undefined;
}

interface Unit {
  readonly code: number;
  /** Whether it is a byte of a character instead of a code point. */
  readonly isByte: boolean;
}

/** Only bytes that stand side by side can form a character. */
function textOf(units: readonly Unit[]): string {
  const parts: string[] = [];
  let bytes: number[] = [];
  for (const { code, isByte } of units) {
    if (isByte) bytes.push(code);
    else {
      if (bytes.length > 0) parts.push(Buffer.from(bytes).toString());
      if (bytes.length > 0) bytes = [];
      parts.push(String.fromCodePoint(code));
    }
  }
  parts.push(Buffer.from(bytes).toString());
  return wellFormed(parts.join(''));
}

function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

function unquoted(text: string, quote: string): Unit[] | undefined {
  const units: Unit[] = [];
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at) ?? 0;
    if (text[at] !== '\\') {
      units.push(codePoint(code));
      at += code > 0xffff ? 2 : 1;
      continue;
    }
    const read = readEscape(text, at + 1, quote);
    if (!read) return undefined;
    units.push(read.unit);
    at = read.end;
  }
  return units;
}

function readEscape(text: string, at: number, quote: string): { unit: Unit; end: number } | undefined {
  const letter = text[at] ?? '';
  if (letter === quote) return { unit: codePoint(letter.charCodeAt(0)), end: at + 1 };
  const code = Object.hasOwn(simple, letter) ? simple[letter] : undefined;
  if (code !== undefined) return { unit: codePoint(code), end: at + 1 };
  const octal = /^[0-7]{3}/.exec(text.slice(at, at + 3))?.[0];
  if (octal !== undefined) return byteEscape(Number.parseInt(octal, 8), at + 3);
  const count = Object.hasOwn(digitCounts, letter) ? digitCounts[letter] : undefined;
  if (count === undefined) return undefined;
  const digits = text.slice(at + 1, at + 1 + count);
  if (digits.length < count || !/^[0-9a-fA-F]+$/.test(digits)) return undefined;
  const value = Number.parseInt(digits, 16);
  const end = at + 1 + count;
  if (letter === 'x') return byteEscape(value, end);
  const isSurrogate = value >= 0xd800 && value <= 0xdfff;
  return value > MAX_CODE_POINT || isSurrogate ? undefined : { unit: codePoint(value), end };
}

function byteEscape(value: number, end: number): { unit: Unit; end: number } | undefined {
  return value > 0xff ? undefined : { unit: { code: value, isByte: true }, end };
}

function codePoint(code: number): Unit {
  return { code, isByte: false };
}
