import { goFloatText } from './go-number.ts';
import { jsonText, sortedKeys } from './json-text.ts';

/** A call's argument between tags: strings as they are, all else as JSON with sorted keys. */
export function argumentText(value: unknown): string {
  return typeof value === 'string' ? value : jsonText(sortedKeys(value));
}

/** The same with numbers as Go prints them, all of which it reads from JSON as float64. */
export function printedArgument(value: unknown): string {
  return typeof value === 'number' ? goFloatText(value) : argumentText(value);
}

/** A call's arguments as a JSON object: their own keys in order, those inside of them sorted. */
export function argumentFields(values: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(values).map(([key, value]) => [key, sortedKeys(value)]));
}
