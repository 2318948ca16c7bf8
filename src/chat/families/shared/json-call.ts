import { JsonScan } from '../../output/json-scan.ts';
import type { ParsedCall } from '../../output/output-parser.ts';
import { bodyRepairs, valueRepairs, withEscapes } from '../../output/repair/json-repairs.ts';
import { recordOf } from './untrusted-schema.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** The nesting that requests allow, because clients send calls back. */
const MAX_DEPTH = 200;

/** How a value is read: undefined if it cannot be. */
type Read = (text: string) => unknown;

/**
 * Reads calls that models write in JSON: `{"name": …, "arguments" or "parameters": {…}}`, either one, several separated by
 * white space, commas or semicolons, or a list. Arguments may be a string of JSON, or absent.
 * @returns undefined when the text contains anything else
 */
export function jsonCalls(text: string, read: Read = readJson): ParsedCall[] | undefined {
  const { calls, rest } = leadingJsonCalls(text.trim(), read);
  return calls.length > 0 && /^[\s,;]*$/.test(rest) ? calls : undefined;
}

/** Calls between the tags of a family, where what is nearly right is repaired. */
export function repairedJsonCalls(text: string): ParsedCall[] | undefined {
  let body = text;
  for (const repair of Object.values(bodyRepairs)) {
    body = repair(body);
    const calls = jsonCalls(body, readRepairedJson);
    if (calls) return calls;
  }
  return undefined;
}

/** The calls at the start of a text, as `jsonCalls` reads them, and the text after the last of them. */
export function leadingJsonCalls(
  text: string,
  read: Read = readJson,
): { readonly calls: ParsedCall[]; readonly rest: string } {
  const calls: ParsedCall[] = [];
  let rest = text;
  for (;;) {
    const next = rest.replace(calls.length > 0 ? /^[\s,;]+/ : /^\s+/, '');
    const end = next === '' ? undefined : new JsonScan().passValue(next);
    const found = end === undefined ? undefined : callsOf(read(next.slice(0, end)));
    if (!found) return { calls, rest };
    calls.push(...found);
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
function jsonObject(text: string): JsonObject | undefined {
  return recordOf(readJson(text.trim()));
}

/** The arguments of a call between the tags of a family, where what is nearly right is repaired. */
export function repairedJsonObject(text: string): JsonObject | undefined {
  const strict = jsonObject(text);
  if (strict) return strict;
  let body = text;
  for (const repair of Object.values(bodyRepairs)) {
    body = repair(body);
    const found = recordOf(readRepairedJson(body.trim()));
    if (found) return found;
  }
  return undefined;
}

/** Also accepts unescaped control characters, such as line breaks, in strings, because models write them. */
function readJson(text: string): unknown {
  return isDeep(text) ? undefined : (tryParse(text) ?? tryParse(withEscapes(text)));
}

/** Parses a value after as few repairs as it takes. */
export function readRepairedJson(text: string): unknown {
  if (isDeep(text)) return undefined;
  let value = tryParse(text);
  let repaired = text;
  for (const repair of Object.values(valueRepairs)) {
    if (value !== undefined) return value;
    repaired = repair(repaired);
    value = tryParse(repaired);
  }
  return value;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isDeep(text: string): boolean {
  const scan = new JsonScan();
  scan.pass(text);
  return scan.deepest > MAX_DEPTH;
}
