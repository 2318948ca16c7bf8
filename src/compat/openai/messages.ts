import { z } from 'zod';
import { listOf } from '../../api/bounded.ts';
import type { Message, ToolCall } from '../../api/common.ts';
import type { IgnoredParts } from '../../api/ignored-parts.ts';
import { NestedJson } from '../../api/json-body.ts';
import { lastUserTurn } from '../../api/last-user-turn.ts';
import { parsedArguments } from '../../api/parsed-arguments.ts';
import { requestObject } from '../../api/request-object.ts';
import { OllamaError } from '../../base/errors.ts';
import { CallNames } from '../call-names.ts';
import { type ContentPlace, imageFields } from '../plain-content.ts';
import { contentSchema, plainContent } from './content.ts';
import { customArguments } from './custom-tools.ts';
import { functionCallSchema } from './legacy-functions.ts';

/** Far above real use; it bounds our loops. */
const MAX_MESSAGES = 100_000;
/** Tool calls in one message. */
const MAX_CALLS = 1000;

const toolCallSchema = requestObject({
  id: z.string().exactOptional(),
  type: z.string().exactOptional(),
  index: z.number().exactOptional(),
  /** The arguments are JSON text; some clients send an object. */
  function: requestObject({ name: z.string(), arguments: z.unknown().optional() }).exactOptional(),
  /** A call of a tool that takes one text. */
  custom: requestObject({ name: z.string(), input: z.string().default('') }).exactOptional(),
});

const messageSchema = requestObject({
  role: z.string(),
  content: contentSchema.exactOptional(),
  name: z.string().exactOptional(),
  tool_calls: listOf(toolCallSchema, MAX_CALLS).exactOptional(),
  tool_call_id: z.string().exactOptional(),
  /** The thinking of an answer: our name for it and that of other servers. Routers rename one, or send both. */
  reasoning: z.unknown().optional(),
  reasoning_content: z.unknown().optional(),
  refusal: z.string().exactOptional(),
  /** The older form of `tool_calls`. */
  function_call: functionCallSchema.exactOptional(),
});

export const messagesSchema = listOf(messageSchema, MAX_MESSAGES);

/** A message without the older form of calls. */
type PlainMessage = Omit<z.infer<typeof messageSchema>, 'function_call'>;

/**
 * Converts messages to the native API.
 * @param ignored gets the parts that are left out
 * @throws OllamaError `invalid-request` for a part of the last user's message that no model can be given
 */
export function nativeMessages(messages: readonly PlainMessage[], ignored: IgnoredParts): Message[] {
  const asked = lastUserTurn(messages.map(({ role }) => role));
  const names = new CallNames();
  const nested = new NestedJson();
  return messages.map((message, index) => {
    const path = `messages[${index}]`;
    const calls = message.tool_calls?.map((call, position) => nativeCall(call, position, { path, nested }));
    for (const { id, function: called } of calls ?? []) if (id) names.note(id, called.name);
    const isAnswer = message.role === 'assistant';
    const place = { path: `${path}.content`, isAsked: index === asked, isAnswer, ignored };
    return nativeMessage(message, { calls, names, place });
  });
}

interface MessageParts {
  readonly calls: ToolCall[] | undefined;
  /** Tool names by call ID. */
  readonly names: CallNames;
  readonly place: ContentPlace;
}

function nativeMessage(message: PlainMessage, { calls, names, place }: MessageParts): Message {
  const { role, tool_call_id: callId, refusal } = message;
  const plain = plainContent(message.content ?? refusal, place);
  const thinking = thinkingOf(message);
  const toolName = role === 'tool' ? (message.name ?? names.of(callId ?? '')) : undefined;
  return {
    role: role === 'developer' ? 'system' : role,
    content: plain.content,
    ...imageFields(plain),
    ...(thinking && { thinking }),
    ...(calls && calls.length > 0 && { tool_calls: calls }),
    ...(toolName !== undefined && { tool_name: toolName }),
    ...(callId !== undefined && { tool_call_id: callId }),
  };
}

/** Where both fields have a text, ours counts: it is what this server answered. */
function thinkingOf({ reasoning, reasoning_content }: PlainMessage): string {
  const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
  return [reasoning, reasoning_content].find(isText) ?? '';
}

/** @throws OllamaError `invalid-request` for a call without a tool */
function nativeCall(
  { id, function: called, custom }: z.infer<typeof toolCallSchema>,
  index: number,
  { path, nested }: { path: string; nested: NestedJson },
): ToolCall {
  const { name } = called ?? custom ?? {};
  if (name === undefined) {
    throw new OllamaError('invalid-request', `${path}.tool_calls[${index}]: "function" is required`);
  }
  const given = called ? parsedArguments(called.arguments, nested) : customArguments(custom?.input ?? '');
  return { ...(id !== undefined && { id }), function: { index, name, arguments: given } };
}
