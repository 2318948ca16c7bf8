import { OllamaError } from '../../../base/errors.ts';

/** Deeper than requests allow, so only a bug or a test reaches it. */
const MAX_DEPTH = 250;

/** `compact`: as Go's encoding/json. `spaced`: as Python's json.dumps. `indented`: four spaces per level. */
export type JsonLayout = 'compact' | 'spaced' | 'indented';

/**
 * Writes JSON with the escapes of Go's encoding/json, as in the prompts of models in Ollama's library. A Map is written as an
 * object; unlike those of an object, its keys keep their order even if they look like numbers.
 * @throws OllamaError `invalid-request` for values that are nested too deeply
 */
export function jsonText(value: unknown, layout: JsonLayout = 'compact', depth = 0): string {
  if (depth > MAX_DEPTH) {
    throw new OllamaError('invalid-request', `values nested more than ${MAX_DEPTH} levels deep`);
  }
  if (typeof value !== 'object' || value === null) return scalarText(value);
  const inner = (item: unknown) => jsonText(item, layout, depth + 1);
  if (Array.isArray(value)) return enclosed(value.map(inner), '[]', layout, depth);
  const separator = layout === 'compact' ? ':' : ': ';
  const members = entriesOf(value).map(([key, item]) => scalarText(key) + separator + inner(item));
  return enclosed(members, '{}', layout, depth);
}

/** Sorts the keys of all objects in a value, as Go does for maps. */
export function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = entriesOf(value).sort(([left], [right]) => compareBytes(left, right));
  return new Map(entries.map(([key, item]) => [key, sortedKeys(item)]));
}

function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function entriesOf(value: object): [string, unknown][] {
  return value instanceof Map ? [...value] : Object.entries(value);
}

function enclosed(parts: readonly string[], brackets: string, layout: JsonLayout, depth: number): string {
  const [open = '', close = ''] = brackets;
  if (parts.length === 0) return brackets;
  if (layout !== 'indented') return open + parts.join(layout === 'compact' ? ',' : ', ') + close;
  const indent = (levels: number) => `\n${'    '.repeat(levels)}`;
  return open + indent(depth + 1) + parts.join(`,${indent(depth + 1)}`) + indent(depth) + close;
}

const escaped = /[<>&\u2028\u2029]/g;
const loneSurrogate = /\p{Surrogate}/gu;

function scalarText(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.replace(loneSurrogate, '\ufffd')).replace(escaped, unicodeEscape);
  }
  return JSON.stringify(value) ?? 'null';
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
