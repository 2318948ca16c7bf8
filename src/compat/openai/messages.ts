import { z } from 'zod';
import { listOf } from '../../api/bounded.ts';
import type { Message, ToolCall } from '../../api/common.ts';
import { NestedJson } from '../../api/json-body.ts';
import { requestObject } from '../../api/request-object.ts';
import { OllamaError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json-object.ts';
import { contentSchema, plainContent } from './content.ts';
import { functionCallSchema } from './legacy-functions.ts';

/** Far above real use; it bounds our loops. */
const MAX_MESSAGES = 100_000;
/** Tool calls in one message. */
const MAX_CALLS = 1000;

const toolCallSchema = requestObject({
  id: z.string().exactOptional(),
  type: z.string().exactOptional(),
  index: z.number().exactOptional(),
  function: requestObject({ name: z.string(), arguments: z.string().default('') }),
});

const messageSchema = requestObject({
  role: z.string(),
  content: contentSchema.exactOptional(),
  name: z.string().exactOptional(),
  tool_calls: listOf(toolCallSchema, MAX_CALLS).exactOptional(),
  tool_call_id: z.string().exactOptional(),
  /** The thinking of an answer: our name for it and that of other servers. */
  reasoning: z.string().exactOptional(),
  reasoning_content: z.string().exactOptional(),
  refusal: z.string().exactOptional(),
  /** The older form of `tool_calls`. */
  function_call: functionCallSchema.exactOptional(),
});

export const messagesSchema = listOf(messageSchema, MAX_MESSAGES);

type ChatMessage = z.infer<typeof messageSchema>;

/** Converts messages to the native API. @throws OllamaError `invalid-request` for unsupported content */
export function nativeMessages(messages: readonly Omit<ChatMessage, 'function_call'>[]): Message[] {
  const names = new Map<string, string>();
  const nested = new NestedJson();
  return messages.map((message) => {
    for (const { id, function: called } of message.tool_calls ?? []) if (id) names.set(id, called.name);
    return nativeMessage(message, names, nested);
  });
}

/** @param names tool names by call ID */
function nativeMessage(
  message: Omit<ChatMessage, 'function_call'>,
  names: ReadonlyMap<string, string>,
  nested: NestedJson,
): Message {
  const { role, tool_calls: calls, tool_call_id: callId, refusal } = message;
  const { content, images } = plainContent(message.content ?? refusal);
  const thinking = message.reasoning ?? message.reasoning_content;
  const toolName = role === 'tool' ? (message.name ?? names.get(callId ?? '')) : undefined;
  return {
    role: role === 'developer' ? 'system' : role,
    content,
    ...(images.length > 0 && { images }),
    ...(thinking && { thinking }),
    ...(calls &&
      calls.length > 0 && { tool_calls: calls.map((call, index) => nativeCall(call, index, nested)) }),
    ...(toolName !== undefined && { tool_name: toolName }),
    ...(callId !== undefined && { tool_call_id: callId }),
  };
}

function nativeCall(
  { id, function: called }: z.infer<typeof toolCallSchema>,
  index: number,
  nested: NestedJson,
): ToolCall {
  return {
    ...(id !== undefined && { id }),
    function: { index, name: called.name, arguments: parsedArguments(called.arguments, nested) },
  };
}

/**
 * Parses the arguments of a tool call.
 * @param nested what the request's other arguments have left
 * @throws OllamaError `invalid-request` unless they are a JSON object within the limits
 */
function parsedArguments(text: string, nested: NestedJson): Record<string, unknown> {
  if (text.trim() === '') return {};
  try {
    const parsed = nested.parse(text);
    if (isJsonObject(parsed)) return parsed;
  } catch (error) {
    // The error below covers invalid JSON too.
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new OllamaError(
    'invalid-request',
    'invalid tool call arguments: must be a JSON object encoded as a string',
  );
}
