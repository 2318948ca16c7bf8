import { JsonScan } from '../../output/json-scan.ts';
import type { ParsedCall } from '../../output/output-parser.ts';
import { recordOf } from './untrusted-schema.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** The nesting that requests allow, because clients send calls back. */
const MAX_DEPTH = 200;

/**
 * Reads calls that models write in JSON: `{"name": …, "arguments" or "parameters": {…}}`, either one, several separated by
 * white space, commas or semicolons, or a list. Arguments may be a string of JSON, or absent.
 * @returns undefined when the text contains anything else
 */
export function jsonCalls(text: string): ParsedCall[] | undefined {
  const { calls, rest } = leadingJsonCalls(text.trim());
  return calls.length > 0 && /^[\s,;]*$/.test(rest) ? calls : undefined;
}

/** The calls at the start of a text, as `jsonCalls` reads them, and the text after the last of them. */
export function leadingJsonCalls(text: string): { readonly calls: ParsedCall[]; readonly rest: string } {
  const calls: ParsedCall[] = [];
  let rest = text;
  for (;;) {
    const next = rest.replace(calls.length > 0 ? /^[\s,;]+/ : /^\s+/, '');
    const end = next === '' ? undefined : new JsonScan().passValue(next);
    const read = end === undefined ? undefined : callsOf(readJson(next.slice(0, end)));
    if (!read) return { calls, rest };
    calls.push(...read);
    rest = next.slice(end);
  }
}

function callsOf(value: unknown): ParsedCall[] | undefined {
  const list = Array.isArray(value) ? value.map(jsonCall) : [jsonCall(value)];
  return list.every((call) => call !== undefined) ? list : undefined;
}

/** A call in the usual form, or inside a field `function`. */
function jsonCall(value: unknown): ParsedCall | undefined {
  const outer = recordOf(value);
  const call = recordOf(outer?.function) ?? outer;
  if (!call || typeof call.name !== 'string' || call.name === '') return undefined;
  const written = call.arguments ?? call.parameters ?? {};
  const values = typeof written === 'string' ? jsonObject(written) : recordOf(written);
  return values && { name: call.name, arguments: { ...values } };
}

/** Parses a text that consists of one JSON object; undefined if it is anything else. */
export function jsonObject(text: string): JsonObject | undefined {
  return recordOf(readJson(text.trim()));
}

/** Also accepts unescaped control characters, such as line breaks, in strings, because models write them. */
function readJson(text: string): unknown {
  return isDeep(text) ? undefined : (tryParse(text) ?? tryParse(withEscapes(text)));
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function withEscapes(text: string): string {
  const scan = new JsonScan();
  let escaped = '';
  for (const character of text) {
    const isControl = scan.isInString && character < ' ';
    escaped += isControl ? JSON.stringify(character).slice(1, -1) : character;
    scan.pass(character);
  }
  return escaped;
}

function isDeep(text: string): boolean {
  const scan = new JsonScan();
  scan.pass(text);
  return scan.deepest > MAX_DEPTH;
}
