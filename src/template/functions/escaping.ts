/** Go's template functions html, js and urlquery. */
import type { WorkMeter } from '../../base/work-meter.ts';
import { EscapeTable } from '../print/escape-table.ts';

const htmlEscapes: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};
const htmlTable = new EscapeTable((character) => known(htmlEscapes, character), /[\0"'&<>]/);

/** @throws OverLimit */
export function escapeHtml(text: string, meter: WorkMeter): string {
  return htmlTable.escape(text, meter);
}

const jsEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const jsTable = new EscapeTable((character) => {
  const replacement = known(jsEscapes, character);
  return replacement ?? (isPlainInJs(character) ? undefined : unicodeEscape(character));
});

/** Go writes the control character DEL as it is. */
function isPlainInJs(character: string): boolean {
  return printable.test(character) || character === '\x7f';
}

/** @throws OverLimit */
export function escapeJs(text: string, meter: WorkMeter): string {
  return jsTable.escape(text, meter);
}

function unicodeEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

const unreserved = /^[\w.~-]$/;
const queryTable = new EscapeTable((character) => {
  if (unreserved.test(character)) return undefined;
  return character === ' ' ? '+' : percentEncoded(character);
});

/** Escapes the value of a URL query; a space becomes `+`. @throws OverLimit */
export function escapeQuery(text: string, meter: WorkMeter): string {
  return queryTable.escape(text, meter);
}

function percentEncoded(character: string): string {
  return [...Buffer.from(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}

function known(escapes: Readonly<Record<string, string>>, character: string): string | undefined {
  return Object.hasOwn(escapes, character) ? escapes[character] : undefined;
}
