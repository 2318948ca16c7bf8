import { GoObject, type GoValue } from './value.ts';

/** undefined = Go's invalid value: the result of a pipeline that gave nil, or a field of such a result. */
export type Result = GoValue | undefined;

export type GoList = readonly GoValue[];
export type GoMap = ReadonlyMap<string, GoValue>;

export function isList(value: Result): value is GoList {
  return Array.isArray(value);
}

export function isMap(value: Result): value is GoMap {
  return value instanceof Map;
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

/** Keys sorted by their UTF-8 bytes, as Go sorts strings. */
export function sortedKeys(map: GoMap): string[] {
  return [...map.keys()].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}
