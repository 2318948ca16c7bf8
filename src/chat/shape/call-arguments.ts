import type { Message } from '../../api/common.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';

/** The member that holds arguments that are not a JSON object, where only an object can be written. */
const TEXT_MEMBER = 'input';

/** The arguments of a call in the history: an object, or the text that a model wrote in place of one. */
export type CallArguments = JsonObject | string;

/** The arguments as an object. A text that is not a JSON object becomes the only member of one. */
export function argumentsObject(values: CallArguments): JsonObject {
  if (typeof values !== 'string') return values;
  try {
    const parsed: unknown = JSON.parse(values);
    if (isJsonObject(parsed)) return parsed;
  } catch {
    // It is carried as it is.
  }
  return values.trim() === '' ? {} : { [TEXT_MEMBER]: values };
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

/** The same messages for templates and renderers that know only objects. */
export function withObjectArguments(messages: readonly Message[]): readonly Message[] {
  const isText = ({ tool_calls: calls = [] }: Message) =>
    calls.some((call) => typeof (call.function.arguments as CallArguments) === 'string');
  if (!messages.some(isText)) return messages;
  return messages.map((message) => {
    if (!message.tool_calls?.length) return message;
    const calls = message.tool_calls.map((call) => ({
      ...call,
      function: { ...call.function, arguments: argumentsObject(call.function.arguments) },
    }));
    return { ...message, tool_calls: calls };
  });
}
