import { JsonScan } from '../../output/json-scan.ts';
import type { ParsedCall } from '../../output/output-parser.ts';
import { recordOf } from './untrusted-schema.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** As deep as requests may be, in which clients send calls back. */
const MAX_DEPTH = 200;

/**
 * Calls as models write them in JSON: `{"name": …, "arguments" or "parameters": {…}}`, one, several after another with
 * white space, commas or semicolons between them, or a list of them. Arguments may be JSON in a string, or none.
 * @returns undefined when anything else is written
 */
export function jsonCalls(text: string): ParsedCall[] | undefined {
  const { calls, rest } = leadingJsonCalls(text.trim());
  return calls.length > 0 && /^[\s,;]*$/.test(rest) ? calls : undefined;
}

/** The calls that a text begins with, as `jsonCalls` reads them, and all that follows the last of them. */
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

/** A call of the usual form, or with it inside of a field `function`. */
function jsonCall(value: unknown): ParsedCall | undefined {
  const outer = recordOf(value);
  const call = recordOf(outer?.function) ?? outer;
  if (!call || typeof call.name !== 'string' || call.name === '') return undefined;
  const written = call.arguments ?? call.parameters ?? {};
  const values = typeof written === 'string' ? jsonObject(written) : recordOf(written);
  return values && { name: call.name, arguments: { ...values } };
}

/** One JSON object and nothing else; undefined = something else. */
export function jsonObject(text: string): JsonObject | undefined {
  return recordOf(readJson(text.trim()));
}

/** Line breaks and the like inside of strings are taken as models write them: as they are. */
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
