import { z } from 'zod';
import type { Message, ToolCall } from '../../api/common.ts';
import { requestObject } from '../../api/request-object.ts';
import { OllamaError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json-object.ts';
import { contentSchema, plainContent } from './content.ts';

/** Far above real use; it bounds our own loops. */
const MAX_MESSAGES = 100_000;

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
  tool_calls: z.array(toolCallSchema).max(MAX_MESSAGES).exactOptional(),
  tool_call_id: z.string().exactOptional(),
  /** Ours and other servers' names for the thinking of an answer. */
  reasoning: z.string().exactOptional(),
  reasoning_content: z.string().exactOptional(),
  refusal: z.string().exactOptional(),
});

export const messagesSchema = z.array(messageSchema).max(MAX_MESSAGES);

type ChatMessage = z.infer<typeof messageSchema>;

/** @throws OllamaError `invalid-request` for content that cannot be read */
export function nativeMessages(messages: readonly ChatMessage[]): Message[] {
  const names = new Map<string, string>();
  return messages.map((message) => {
    for (const { id, function: called } of message.tool_calls ?? []) if (id) names.set(id, called.name);
    return nativeMessage(message, names);
  });
}

/** @param names of tools by the ids of their calls */
function nativeMessage(message: ChatMessage, names: ReadonlyMap<string, string>): Message {
  const { role, tool_calls: calls, tool_call_id: callId, refusal } = message;
  const { content, images } = plainContent(message.content ?? refusal);
  const thinking = message.reasoning ?? message.reasoning_content;
  const toolName = role === 'tool' ? (message.name ?? names.get(callId ?? '')) : undefined;
  return {
    role: role === 'developer' ? 'system' : role,
    content,
    ...(images.length > 0 && { images }),
    ...(thinking && { thinking }),
    ...(calls && calls.length > 0 && { tool_calls: calls.map(nativeCall) }),
    ...(toolName !== undefined && { tool_name: toolName }),
    ...(callId !== undefined && { tool_call_id: callId }),
  };
}

function nativeCall({ id, function: called }: z.infer<typeof toolCallSchema>, index: number): ToolCall {
  return {
    ...(id !== undefined && { id }),
    function: { index, name: called.name, arguments: parsedArguments(called.arguments) },
  };
}

/** @throws OllamaError `invalid-request` when they are no JSON object */
export function parsedArguments(text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (isJsonObject(parsed)) return parsed;
  } catch {
    // Said below.
  }
  throw new OllamaError(
    'invalid-request',
    'invalid tool call arguments: they must be a JSON object in a text',
  );
}
