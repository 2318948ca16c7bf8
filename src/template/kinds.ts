import { GoObject, type GoValue } from './value.ts';

/** undefined = Go's invalid value: the result of a pipeline that gave nil, or a field of such a result. */
export type Result = GoValue | ListSlice | undefined;

export type GoList = readonly GoValue[] | ListSlice;
export type GoMap = ReadonlyMap<string, GoValue>;

/** Part of a list. As in Go it shares the list's elements: templates slice the messages once for each message. */
export class ListSlice {
  readonly source: readonly GoValue[];
  readonly start: number;
  readonly length: number;
  /** How long a slice of this slice can be, which may be beyond its own end. */
  readonly capacity: number;

  /** The elements from `from` to before `to`; `last` is the end of the capacity. */
  constructor(list: GoList, from: number, to: number, last: number) {
    const isSlice = list instanceof ListSlice;
    this.source = isSlice ? list.source : list;
    this.start = (isSlice ? list.start : 0) + from;
    this.length = to - from;
    this.capacity = last - from;
  }
}

export function capacityOf(list: GoList): number {
  return list instanceof ListSlice ? list.capacity : list.length;
}

export function isList(value: Result): value is GoList {
  return Array.isArray(value) || value instanceof ListSlice;
}

export function isMap(value: Result): value is GoMap {
  return value instanceof Map;
}

/** @param index must be below the length */
export function elementAt(list: GoList, index: number): GoValue {
  const value = list instanceof ListSlice ? list.source[list.start + index] : list[index];
  return value ?? null;
}

export function elementsOf(list: GoList): readonly GoValue[] {
  if (!(list instanceof ListSlice)) return list;
  return list.source.slice(list.start, list.start + list.length);
}

/** The list or map inside a value with methods, or the value itself. */
export function contentOf(value: Result): Result {
  return value instanceof GoObject && value.items !== undefined ? value.items : value;
}

/** Go's name for the type of a value. */
export function typeName(value: Result): string {
  if (value === null || value === undefined) return '<nil>';
  if (value instanceof GoObject) return value.typeName;
  if (isList(value)) return '[]interface {}';
  if (isMap(value)) return 'map[string]interface {}';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float64';
    default:
      return 'string';
  }
}

/** Truth as in Go templates: everything except nil, false, 0 and empty values. */
export function isTrue(value: Result): boolean {
  const content = contentOf(value);
  if (content === null || content === undefined) return false;
  if (isList(content)) return content.length > 0;
  if (isMap(content)) return content.size > 0;
  if (content instanceof GoObject) return true;
  return Boolean(content);
}

/** Values are never changed, so the order of a map's keys is found once. */
const orders = new WeakMap<GoMap, readonly string[]>();

/** Keys in the order of Go's strings. */
export function sortedKeys(map: GoMap): readonly string[] {
  const known = orders.get(map);
  if (known) return known;
  const keys = [...map.keys()].sort(compareText);
  orders.set(map, keys);
  return keys;
}

/** The order of Go's strings, that of their UTF-8 bytes: negative, 0 or positive. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const [one, two] = [left.charCodeAt(at), right.charCodeAt(at)];
    if (one !== two) return orderOf(one) - orderOf(two);
  }
  return left.length - right.length;
}

const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;
const UNITS = 0x10000;

/** Surrogates stand for characters above all others, although higher units follow them. */
function orderOf(unit: number): number {
  return unit >= FIRST_SURROGATE && unit <= LAST_SURROGATE ? unit + UNITS : unit;
}
