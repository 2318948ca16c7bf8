/** Chats in the form in which OpenAI's fine-tuning reads examples: one JSON object on each line. */
import type { ToolCall } from '../../api/common.ts';
import type { Attachment, ChatMessage, JsonObject } from '../chats/chat-message.ts';
import { textWithAttachments } from '../composer/message-text.ts';
import type { ExportedChat } from './chat-export.ts';

/** One line for each chat whose shown branch has an answer. An example ends with an answer. */
export function fineTuningLines(chats: readonly ExportedChat[]): string {
  return chats
    .flatMap((chat) => example(chat) ?? [])
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
}

function example({ path, settings }: ExportedChat): JsonObject | undefined {
  const end = path.findLastIndex((message) => message.role === 'assistant' && isWhole(message));
  if (end < 0) return undefined;
  const said = path.slice(0, end + 1).filter((message) => message.role !== 'assistant' || isWhole(message));
  const { system, tools = [] } = settings;
  const messages = exampleMessages(said);
  return {
    messages: system ? [{ role: 'system', content: system }, ...messages] : messages,
    ...(tools.length > 0 && { tools }),
  };
}

/** Answers that broke off or failed are no examples. */
function isWhole({ content, tool_calls = [], error, state }: ChatMessage): boolean {
  if (error !== undefined || state === 'broken' || state === 'stopped' || state === 'streaming') return false;
  return content !== '' || tool_calls.length > 0;
}

/** Calls and results are joined by IDs, which local models mostly do not write: results then follow in the order of the calls. */
function exampleMessages(messages: readonly ChatMessage[]): JsonObject[] {
  let waiting: string[] = [];
  return messages.map((message, at) => {
    if (message.role === 'tool') {
      const id = message.tool_call_id ?? waiting[0] ?? `call_${at}`;
      waiting = waiting.filter((other) => other !== id);
      return { role: 'tool', tool_call_id: id, content: message.content };
    }
    const calls = (message.tool_calls ?? []).map((call, index) => ({
      id: call.id ?? `call_${at}_${index}`,
      type: 'function',
      function: { name: call.function.name, arguments: argumentsText(call) },
    }));
    waiting = calls.map(({ id }) => id);
    return { ...saidMessage(message), ...(calls.length > 0 && { tool_calls: calls }) };
  });
}

function saidMessage({ role, content, attachments = [] }: ChatMessage): JsonObject {
  const text = textWithAttachments(content, attachments);
  const media = attachments.flatMap((attachment) => mediaPart(attachment) ?? []);
  return { role, content: media.length === 0 ? text : [{ type: 'text', text }, ...media] };
}

function argumentsText({ function: { arguments: given } }: ToolCall): string {
  return typeof given === 'string' ? given : JSON.stringify(given);
}

function mediaPart({ kind, type, data }: Attachment): JsonObject | undefined {
  if (data === undefined) return undefined;
  if (kind === 'image') return { type: 'image_url', image_url: { url: `data:${type};base64,${data}` } };
  return { type: 'input_audio', input_audio: { data, format: type === 'audio/mpeg' ? 'mp3' : 'wav' } };
}
