import type { Tool } from '../../api/common.ts';
import { encodeJsonText, escapeHtmlInJson } from '../../template/functions/json.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** Maximum nesting of a schema; request bodies are limited to fewer levels. */
const MAX_DEPTH = 250;

/** The order in which Ollama writes the keywords it knows; other keywords follow in their given order. */
const propertyOrder = ['anyOf', 'type', 'items', 'description', 'enum', 'properties', 'required'];

export function toolJson({ type, function: called, ...others }: Tool): string {
  return object([['type', text(type)], ['function', functionJson(called)], ...rest(others)]);
}

export function functionJson({ name, description, parameters, ...others }: Tool['function']): string {
  return object([
    ['name', text(name)],
    ['description', text(description ?? '')],
    ['parameters', parametersJson(parameters ?? {})],
    ...rest(others),
  ]);
}

/** `type` and `properties` are always written; the properties are sorted. */
export function parametersJson(schema: JsonObject): string {
  const { type, $defs, items, required, properties, ...others } = schema;
  return object([
    ['type', text(typeof type === 'string' ? type : '')],
    ...present('$defs', $defs, sortedJson),
    ...present('items', items, sortedJson),
    ...present('required', required, sortedJson),
    ['properties', propertiesJson(properties, true, 0)],
    ...rest(others),
  ]);
}

export function propertiesJson(properties: unknown, isSorted = true, depth = 0): string {
  if (!isObject(properties)) return isSorted ? '{}' : plainJson(properties);
  const entries = Object.entries(properties);
  if (isSorted) entries.sort(([left], [right]) => compareText(left, right));
  return object(entries.map(([name, schema]) => [name, propertyJson(schema, depth + 1)]));
}

function propertyJson(schema: unknown, depth: number): string {
  if (!isObject(schema) || depth > MAX_DEPTH) return plainJson(schema);
  const known = propertyOrder.flatMap((name): [string, string][] => {
    const value = schema[name];
    if (isBlank(value)) return [];
    return [[name, knownJson(name, value, depth)]];
  });
  const unknown = Object.entries(schema).filter(([name]) => !propertyOrder.includes(name));
  return object([...known, ...unknown.map(([name, value]): [string, string] => [name, plainJson(value)])]);
}

function knownJson(name: string, value: unknown, depth: number): string {
  if (name === 'properties') return propertiesJson(value, false, depth);
  if (name === 'anyOf' && Array.isArray(value)) {
    return `[${value.map((item) => propertyJson(item, depth + 1)).join(',')}]`;
  }
  if (name === 'type' && Array.isArray(value) && value.length === 1) return plainJson(value[0]);
  return name === 'description' ? plainJson(value) : sortedJson(value);
}

/** Whether Go leaves the value out because it is empty. */
function isBlank(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

/** Encodes like a Go map: keys sorted at every level. */
export function sortedJson(value: unknown, depth = 0): string {
  if (depth > MAX_DEPTH) return 'null';
  if (Array.isArray(value)) return `[${value.map((item) => sortedJson(item, depth + 1)).join(',')}]`;
  if (!isObject(value)) return plainJson(value);
  const entries = Object.entries(value).sort(([left], [right]) => compareText(left, right));
  return object(entries.map(([name, item]) => [name, sortedJson(item, depth + 1)]));
}

function compareText(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function present(name: string, value: unknown, encode: (value: unknown) => string): [string, string][] {
  return isBlank(value) ? [] : [[name, encode(value)]];
}

function rest(others: JsonObject): [string, string][] {
  return Object.entries(others).map(([name, value]) => [name, plainJson(value)]);
}

function object(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([name, value]) => `${encodeJsonText(name)}:${value}`).join(',')}}`;
}

function text(value: string): string {
  return encodeJsonText(value);
}

function plainJson(value: unknown): string {
  return escapeHtmlInJson(JSON.stringify(value) ?? 'null');
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
