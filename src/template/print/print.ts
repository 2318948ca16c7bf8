import type { WorkMeter } from '../../base/work-meter.ts';
import { elementsOf, isList, isMap, type Result, sortedKeys } from '../kinds.ts';
import { GoObject } from '../value.ts';
import { generalFloat } from './float.ts';
import { joined } from './joined.ts';

/** Maximum nesting of a printed value; JSON in requests is limited to fewer levels. */
const MAX_DEPTH = 500;

/** The text that an action prints (Go's fmt.Fprint). @throws OverLimit */
export function printed(value: Result, meter: WorkMeter): string {
  return value === undefined || value === null ? '<no value>' : plain(value, meter);
}

/** A value as `%v` prints it. @throws OverLimit */
export function plain(value: Result, meter: WorkMeter, depth = 0): string {
  if (typeof value === 'string') return value;
  meter.step();
  if (value === undefined || value === null || depth > MAX_DEPTH) return '<nil>';
  if (typeof value === 'number') return generalFloat(value);
  if (isList(value)) return `[${plainItems(elementsOf(value), meter, depth)}]`;
  if (isMap(value)) {
    meter.step(value.size);
    const entries = sortedKeys(value).map((key) => `${key}:${plain(value.get(key), meter, depth + 1)}`);
    return `map[${joined(entries, ' ', meter)}]`;
  }
  return value instanceof GoObject ? plainObject(value, meter, depth) : String(value);
}

function plainObject({ toText, items, fields }: GoObject, meter: WorkMeter, depth: number): string {
  if (toText) return meter.made(toText());
  if (items !== undefined) return plain(items, meter, depth);
  return `{${plainItems([...fields.values()], meter, depth)}}`;
}

function plainItems(items: readonly Result[], meter: WorkMeter, depth: number): string {
  return joined(
    items.map((item) => plain(item, meter, depth + 1)),
    ' ',
    meter,
  );
}

/** Go's fmt.Sprint: adds a space between two operands if neither is a string. @throws OverLimit */
export function sprint(values: readonly Result[], meter: WorkMeter): string {
  const [only] = values;
  if (values.length === 1 && typeof only === 'string') return only;
  const parts = values.map((value, index) => {
    const before = values[index - 1];
    const isSpaced = index > 0 && typeof value !== 'string' && typeof before !== 'string';
    return (isSpaced ? ' ' : '') + plain(value, meter);
  });
  return joined(parts, '', meter);
}

/** Go's fmt.Sprintln: separates all operands by spaces and ends with a line break. @throws OverLimit */
export function sprintln(values: readonly Result[], meter: WorkMeter): string {
  return `${joined(
    values.map((value) => plain(value, meter)),
    ' ',
    meter,
  )}\n`;
}
