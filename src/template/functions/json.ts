import type { WorkMeter } from '../../base/work-meter.ts';
import { elementsOf, isList, isMap, type Result, sortedKeys } from '../kinds.ts';
import { EscapeTable } from '../print/escape-table.ts';
import { joined } from '../print/joined.ts';
import { GoObject } from '../value.ts';

/** Maximum nesting of an encoded value; JSON in requests is limited to fewer levels. */
const MAX_DEPTH = 500;

/** Encodes like Go's encoding/json: compact, keys of maps sorted, `<`, `>` and `&` escaped. @throws OverLimit */
export function encodeJson(value: Result, meter: WorkMeter): string {
  return encode(value, meter, 0);
}

function encode(value: Result, meter: WorkMeter, depth: number): string {
  meter.step();
  if (value === null || value === undefined || depth > MAX_DEPTH) return 'null';
  if (value instanceof GoObject) return encodeObject(value, meter, depth);
  if (isList(value)) {
    return `[${joined(
      elementsOf(value).map((item) => encode(item, meter, depth + 1)),
      ',',
      meter,
    )}]`;
  }
  if (isMap(value)) {
    meter.step(value.size);
    return encodeEntries(
      sortedKeys(value).map((key) => [key, value.get(key)]),
      meter,
      depth,
    );
  }
  if (typeof value === 'string') return encodeJsonText(value, meter);
  if (typeof value !== 'number') return String(value);
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}

function encodeObject({ toJson, items, fields }: GoObject, meter: WorkMeter, depth: number): string {
  if (toJson) return meter.made(toJson());
  if (items !== undefined) return encode(items, meter, depth);
  return encodeEntries([...fields], meter, depth);
}

function encodeEntries(
  entries: readonly (readonly [string, Result])[],
  meter: WorkMeter,
  depth: number,
): string {
  const parts = entries.map(
    ([name, value]) => `${encodeJsonText(name, meter)}:${encode(value, meter, depth + 1)}`,
  );
  return `{${joined(parts, ',', meter)}}`;
}

/** A JSON string with Go's escapes, safe in HTML. @throws OverLimit */
export function encodeJsonText(text: string, meter?: WorkMeter): string {
  // Refuses a text that is too long before it is copied.
  meter?.write(text.length);
  return escapeHtmlInJson(JSON.stringify(text.replace(/\p{Surrogate}/gu, '\ufffd')), meter);
}

const escapedInJson = /[<>&\u2028\u2029]/;
const htmlInJson = new EscapeTable(
  (character) =>
    escapedInJson.test(character) ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : undefined,
  escapedInJson,
);

/** Adds the escapes that Go's encoder writes although JSON does not require them. @throws OverLimit */
export function escapeHtmlInJson(json: string, meter?: WorkMeter): string {
  return htmlInJson.escape(json, meter);
}
