import { parseNestedObject } from './object-scanner.ts';

type JsonObject = Record<string, unknown>;

export interface WrittenCall {
  /** The value of `name`; undefined if it is absent. */
  readonly name: unknown;
  /** undefined if the object has a name but no arguments. */
  readonly arguments: JsonObject | undefined;
}

/**
 * Finds the arguments in an object that a model wrote: `arguments` or `parameters` next to a `name`; otherwise the value
 * under the tool's own name; otherwise the same in a nested object; otherwise the object itself. Arguments may also be a
 * string of JSON.
 * @param toolName undefined if it is not known
 */
export function readCall(object: JsonObject, toolName: string | undefined): WrittenCall {
  return search(object, toolName) ?? { name: undefined, arguments: object };
}

function search(object: JsonObject, toolName: string | undefined): WrittenCall | undefined {
  if (Object.hasOwn(object, 'name')) {
    const found = objectUnder(object, 'arguments') ?? objectUnder(object, 'parameters');
    return { name: object.name, arguments: found };
  }
  const own = toolName === undefined ? undefined : objectUnder(object, toolName);
  if (own) return { name: undefined, arguments: own };
  for (const item of Object.values(object).flatMap((child: unknown) => child)) {
    const found = isObject(item) ? search(item, toolName) : undefined;
    if (found) return found;
  }
  return undefined;
}

function objectUnder(object: JsonObject, key: string): JsonObject | undefined {
  if (!Object.hasOwn(object, key)) return undefined;
  const value = object[key];
  if (typeof value === 'string') return parseNestedObject(value);
  return isObject(value) ? value : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
