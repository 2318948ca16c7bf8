import { z } from 'zod';
import { listOf } from '../../api/bounded.ts';
import type { Message, ToolCall } from '../../api/common.ts';
import { requestObject } from '../../api/request-object.ts';
import { type Block, blocksSchema, plainBlocks, refuse } from './content.ts';

/** The limit of Anthropic's own API. */
const MAX_MESSAGES = 100_000;

const messageSchema = requestObject({ role: z.string(), content: blocksSchema });

export const messagesSchema = listOf(messageSchema, MAX_MESSAGES);

type WireMessage = z.infer<typeof messageSchema>;

/** Converts messages to the native API. @throws OllamaError `invalid-request` for unsupported content */
export function nativeMessages(messages: readonly WireMessage[]): Message[] {
  const names = new Map<string, string>();
  return messages.flatMap((message) => {
    if (message.role === 'assistant') return [answer(message.content, names)];
    if (message.role === 'user' || message.role === 'system') return fromClient(message, names);
    throw refuse(`messages: role "${message.role}" is not supported: use "user", "assistant" or "system"`);
  });
}

/** Blocks that are skipped: encrypted thinking and server tools mean nothing to another model. */
const unreadable = new Set(['redacted_thinking', 'server_tool_use', 'web_search_tool_result']);

/** @param names tool names by call ID; the calls of this message are added */
function answer(blocks: readonly Block[], names: Map<string, string>): Message {
  const calls: ToolCall[] = [];
  const thinking: string[] = [];
  const rest: Block[] = [];
  for (const block of blocks) {
    if (block.type === 'thinking') thinking.push(block.thinking ?? '');
    else if (block.type === 'tool_use') calls.push(nativeCall(block, calls.length, names));
    else if (!unreadable.has(block.type)) rest.push(block);
  }
  const { content, images } = plainBlocks(rest);
  return {
    role: 'assistant',
    content,
    ...(images.length > 0 && { images }),
    ...(thinking.length > 0 && { thinking: thinking.join('\n') }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function nativeCall(
  { id = '', name = '', input = {} }: Block,
  index: number,
  names: Map<string, string>,
): ToolCall {
  names.set(id, name);
  return { id, function: { index, name, arguments: input } };
}

/** Tool results become separate messages, placed before the rest of the user's message. */
function fromClient({ role, content: blocks }: WireMessage, names: ReadonlyMap<string, string>): Message[] {
  const results = blocks.filter(({ type }) => type === 'tool_result').map((block) => result(block, names));
  const rest = blocks.filter(({ type }) => type !== 'tool_result');
  if (rest.length === 0 && results.length > 0) return results;
  const { content, images } = plainBlocks(rest);
  return [...results, { role, content, ...(images.length > 0 && { images }) }];
}

function result(
  { tool_use_id: id = '', content, is_error: isError }: Block,
  names: ReadonlyMap<string, string>,
): Message {
  const { content: text, images } = plainBlocks(content);
  const name = names.get(id);
  return {
    role: 'tool',
    content: isError ? `Error: ${text}` : text,
    tool_call_id: id,
    ...(name !== undefined && { tool_name: name }),
    ...(images.length > 0 && { images }),
  };
}
