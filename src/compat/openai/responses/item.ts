import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';

/**
 * An item of the input, or a tool, as the client sent it. There are dozens of types, clients resend those of other servers,
 * and one that is not used must not fail for its form: only the fields that are used are looked at.
 */
export type Item = JsonObject;

export function textIn(item: Item, field: string): string | undefined {
  const value = item[field];
  return typeof value === 'string' ? value : undefined;
}

export function objectIn(item: Item, field: string): JsonObject | undefined {
  const value = item[field];
  return isJsonObject(value) ? value : undefined;
}

/** The objects of a list; anything else is left out. */
export function objectsIn(item: Item, field: string): JsonObject[] {
  const value = item[field];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export function typeOf(item: Item, absent: string): string {
  const { type = absent } = item;
  return typeof type === 'string' ? type : 'unknown';
}
