/** Functions as OpenAI had them before tools (https://platform.openai.com/docs/api-reference/chat/create, deprecated). */
import { z } from 'zod';
import { requestObject } from '../../api/request-object.ts';
import { OllamaError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json-object.ts';

/** The call in a message of an assistant. */
export const functionCallSchema = requestObject({
  name: z.string(),
  arguments: z.unknown().optional(),
});

/** Converts `function_call` of a request to `tool_choice`. @throws OllamaError `invalid-request` for any other value */
export function choiceOfFunction(call: unknown): unknown {
  if (call === undefined || call === 'auto' || call === 'none') return call;
  if (isJsonObject(call) && typeof call.name === 'string') {
    return { type: 'function', function: { name: call.name } };
  }
  throw new OllamaError('invalid-request', 'function_call must be "auto", "none" or an object with a "name"');
}

interface LegacyMessage {
  readonly role: string;
  readonly tool_calls?: readonly unknown[];
  readonly function_call?: z.infer<typeof functionCallSchema>;
}

/** Converts messages with a call of a function, and those with its result, to messages with tools. */
export function withoutFunctions<Message extends LegacyMessage>(
  messages: readonly Message[],
): (Omit<Message, 'function_call'> & {
  tool_calls?: { function: { name: string; arguments: unknown } }[];
})[] {
  return messages.map(({ function_call: call, ...message }) => ({
    ...message,
    role: message.role === 'function' ? 'tool' : message.role,
    ...(call &&
      !message.tool_calls?.length && {
        tool_calls: [{ function: { name: call.name, arguments: call.arguments } }],
      }),
  }));
}
