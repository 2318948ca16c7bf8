import type { ToolCall } from '../../../api/common.ts';
import type { JsonObject } from '../../../base/json-object.ts';
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

/** The arguments of a call. These prompts have a place only for names with values, so other text becomes one argument. */
export function callFields(given: ToolCall['function']['arguments']): JsonObject {
  return typeof given === 'string' ? { input: given } : given;
}
