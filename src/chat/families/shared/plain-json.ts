import { jsonText } from './json-text.ts';

const htmlEscapes: Readonly<Record<string, string>> = { '\\u003c': '<', '\\u003e': '>', '\\u0026': '&' };

/** JSON as Python's `json.dumps` spaces it, without the escapes of `<`, `>` and `&`. */
export function plainJson(value: unknown): string {
  // Each escape is taken whole, so that the second half of an escaped backslash begins none.
  return jsonText(value, 'spaced').replace(/\\(?:u[\da-f]{4}|.)/gs, (found) => htmlEscapes[found] ?? found);
}
