import type { ToolCall } from '../../api/common.ts';
import type { JsonObject } from '../../base/json-object.ts';
import { callFields } from '../families/shared/argument-text.ts';

/** The arguments of a call in the history: an object, or the text that a model wrote in place of one. */
type CallArguments = ToolCall['function']['arguments'];

/** The arguments as an object. A text that is not a JSON object becomes the only member of one. */
export function argumentsObject(values: CallArguments): JsonObject {
  return typeof values === 'string' && values.trim() === '' ? {} : callFields(values);
}

/** The arguments as a text: JSON, or what the model wrote. */
export function argumentsText(values: CallArguments): string {
  if (typeof values !== 'string') return jsonOf(values);
  return values.trim() === '' ? '{}' : values;
}

/** JSON with the spaces of Python's `json.dumps`, in which models have seen it. */
export function jsonOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${jsonOf(item)}`);
  return `{${members.join(', ')}}`;
}
