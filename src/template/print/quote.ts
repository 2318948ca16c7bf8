/** Go's quoted strings (strconv.Quote). */

const escapes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const hex = (code: number, width: number) => code.toString(16).padStart(width, '0');

/** @param onlyAscii whether to escape everything outside ASCII, as `%+q` does */
export function quoted(text: string, quote: '"' | "'", onlyAscii = false): string {
  let result: string = quote;
  for (const character of text) result += quotedCharacter(character, quote, onlyAscii);
  return result + quote;
}

function quotedCharacter(character: string, quote: string, onlyAscii: boolean): string {
  if (character === quote) return `\\${quote}`;
  const known = Object.hasOwn(escapes, character) ? escapes[character] : undefined;
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  if (printable.test(character) && (!onlyAscii || code < 0x80)) return character;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}
