import { parseNestedObject } from './object-scanner.ts';

type JsonObject = Record<string, unknown>;

export interface WrittenCall {
  /** What stands under `name`, if anything does. */
  readonly name: unknown;
  /** undefined = the object has a name but no arguments. */
  readonly arguments: JsonObject | undefined;
}

/**
 * What an object which a model wrote holds: beside a `name`, its `arguments` or `parameters`; else what is under the
 * tool's own name; else the same of an object inside; else the object itself. Arguments may be written as a string of
 * JSON.
 * @param toolName undefined = not known
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
