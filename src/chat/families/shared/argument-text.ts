import { goFloatText } from './go-number.ts';
import { jsonText, sortedKeys } from './json-text.ts';

/** Writes an argument of a call between tags: strings unescaped, other values as JSON with sorted keys. */
export function argumentText(value: unknown): string {
  return typeof value === 'string' ? value : jsonText(sortedKeys(value));
}

/** Like `argumentText`, but with numbers as Go prints them; it decodes all JSON numbers as float64. */
export function printedArgument(value: unknown): string {
  return typeof value === 'number' ? goFloatText(value) : argumentText(value);
}

/** Writes the arguments of a call as a JSON object: top-level keys in their order, nested keys sorted. */
export function argumentFields(values: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(values).map(([key, value]) => [key, sortedKeys(value)]));
}
