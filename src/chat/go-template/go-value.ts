import type { GoValue } from '../../template/value.ts';

/** Maximum nesting of a value; request bodies are limited to fewer levels. */
const MAX_DEPTH = 250;

/** Converts a JSON value as Go decodes it: every number becomes a float. */
export function goValue(value: unknown, depth = 0): GoValue {
  if (value === undefined || value === null || depth > MAX_DEPTH) return null;
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  if (Array.isArray(value)) return value.map((item) => goValue(item, depth + 1));
  if (typeof value !== 'object') return null;
  return new Map(Object.entries(value).map(([key, item]) => [key, goValue(item, depth + 1)]));
}
