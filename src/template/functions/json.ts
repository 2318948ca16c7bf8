import { isList, isMap, type Result, sortedKeys } from '../kinds.ts';
import { GoObject } from '../value.ts';

/** Maximum nesting of an encoded value; JSON in requests is limited to fewer levels. */
const MAX_DEPTH = 500;

/** Encodes like Go's encoding/json: compact, keys of maps sorted, `<`, `>` and `&` escaped. */
export function encodeJson(value: Result): string {
  return encode(value, 0);
}

function encode(value: Result, depth: number): string {
  if (value === null || value === undefined || depth > MAX_DEPTH) return 'null';
  if (value instanceof GoObject) return encodeObject(value, depth);
  if (isList(value)) return `[${value.map((item) => encode(item, depth + 1)).join(',')}]`;
  if (isMap(value)) {
    const entries = sortedKeys(value).map(
      (key) => `${encodeJsonText(key)}:${encode(value.get(key), depth + 1)}`,
    );
    return `{${entries.join(',')}}`;
  }
  if (typeof value === 'string') return encodeJsonText(value);
  if (typeof value !== 'number') return String(value);
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}

function encodeObject({ toJson, items, fields }: GoObject, depth: number): string {
  if (toJson) return toJson();
  if (items !== undefined) return encode(items, depth);
  const entries = [...fields].map(([name, field]) => `${encodeJsonText(name)}:${encode(field, depth + 1)}`);
  return `{${entries.join(',')}}`;
}

/** A JSON string with Go's escapes, safe in HTML. */
export function encodeJsonText(text: string): string {
  return escapeHtmlInJson(JSON.stringify(text.replace(/\p{Surrogate}/gu, '\ufffd')));
}

/** Adds the escapes that Go's encoder writes although JSON does not require them. */
export function escapeHtmlInJson(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
