import { jsonText } from './json-text.ts';

const htmlEscapes: Readonly<Record<string, string>> = { '\\u003c': '<', '\\u003e': '>', '\\u0026': '&' };

/** JSON with the spacing of Python's `json.dumps`, and without escapes for `<`, `>` and `&`. */
export function plainJson(value: unknown): string {
  // Matches each escape as a whole, so that the second half of an escaped backslash does not begin another.
  return jsonText(value, 'spaced').replace(/\\(?:u[\da-f]{4}|.)/gs, (found) => htmlEscapes[found] ?? found);
}
