import { isList, isMap, type Result, sortedKeys } from '../kinds.ts';
import { GoObject } from '../value.ts';
import { generalFloat } from './float.ts';

/** Maximum nesting of a printed value; JSON in requests is limited to fewer levels. */
const MAX_DEPTH = 500;

/** The text that an action prints (Go's fmt.Fprint). */
export function printed(value: Result): string {
  return value === undefined || value === null ? '<no value>' : plain(value);
}

/** A value as `%v` prints it. */
export function plain(value: Result, depth = 0): string {
  if (value === undefined || value === null || depth > MAX_DEPTH) return '<nil>';
  if (typeof value === 'number') return generalFloat(value);
  if (isList(value)) return `[${value.map((item) => plain(item, depth + 1)).join(' ')}]`;
  if (isMap(value)) {
    const entries = sortedKeys(value).map((key) => `${key}:${plain(value.get(key), depth + 1)}`);
    return `map[${entries.join(' ')}]`;
  }
  return value instanceof GoObject ? plainObject(value, depth) : String(value);
}

function plainObject({ toText, items, fields }: GoObject, depth: number): string {
  if (toText) return toText();
  if (items !== undefined) return plain(items, depth);
  return `{${[...fields.values()].map((field) => plain(field, depth + 1)).join(' ')}}`;
}

/** Go's fmt.Sprint: adds a space between two operands if neither is a string. */
export function sprint(values: readonly Result[]): string {
  return values
    .map((value, index) => {
      const before = values[index - 1];
      const isSpaced = index > 0 && typeof value !== 'string' && typeof before !== 'string';
      return (isSpaced ? ' ' : '') + plain(value);
    })
    .join('');
}

/** Go's fmt.Sprintln: separates all operands by spaces and ends with a line break. */
export function sprintln(values: readonly Result[]): string {
  return `${values.map((value) => plain(value)).join(' ')}\n`;
}
