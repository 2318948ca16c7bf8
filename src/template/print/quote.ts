/** Go's quoted strings (strconv.Quote). */
import type { WorkMeter } from '../../base/work-meter.ts';
import { EscapeTable } from './escape-table.ts';

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

const tables = new Map<string, EscapeTable>();

/**
 * @param onlyAscii whether to escape everything outside ASCII, as `%+q` does
 * @throws OverLimit
 */
export function quoted(text: string, quote: '"' | "'", onlyAscii = false, meter?: WorkMeter): string {
  const name = `${quote}${onlyAscii}`;
  const table = tables.get(name) ?? new EscapeTable((character) => escapeOf(character, quote, onlyAscii));
  tables.set(name, table);
  return quote + table.escape(text, meter) + quote;
}

function escapeOf(character: string, quote: string, onlyAscii: boolean): string | undefined {
  if (character === quote) return `\\${quote}`;
  const known = Object.hasOwn(escapes, character) ? escapes[character] : undefined;
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  if (printable.test(character) && (!onlyAscii || code < 0x80)) return undefined;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}
