import { sortedEntries } from './untrusted-schema.ts';

export interface SpacedJsonOptions {
  /** As Go's encoding/json does by default: `<`, `>` and `&` are written as `\u003c` and so on. */
  readonly escapesHtml?: boolean;
}

/** JSON with a space after each colon and comma, as Python's `json.dumps` writes it with `ensure_ascii=False`. */
export function spacedJson(value: unknown, options: SpacedJsonOptions = {}): string {
  const pattern = options.escapesHtml ? /[<>&\u2028\u2029]/g : /[\u2028\u2029]/g;
  return written(value).replace(
    pattern,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}: ${written(item)}`).join(', ')}}`;
}

/** The same value with the keys of all objects sorted, as Go prints maps. */
export function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = sortedEntries({ ...value });
  return Object.fromEntries(entries.map(([key, item]) => [key, withSortedKeys(item)]));
}
