/** A chat as the server reads it. */
import type { Message } from '../../api/common.ts';
import type { AnswerRequest } from '../answers/stream-answer.ts';
import type { Attachment, ChatMessage, ChatSettings } from './chat-message.ts';

/** What a message contributes to a prompt. */
function requestMessage(message: ChatMessage): Message {
  const media = (message.attachments ?? []).flatMap(({ data }) => (data === undefined ? [] : [data]));
  return {
    role: message.role,
    content: withFiles(message.content, message.attachments ?? []),
    ...(message.thinking !== undefined && { thinking: message.thinking }),
    ...(media.length > 0 && { images: media }),
    ...(message.tool_calls && { tool_calls: [...message.tool_calls] }),
    ...(message.tool_name !== undefined && { tool_name: message.tool_name }),
    ...(message.tool_call_id !== undefined && { tool_call_id: message.tool_call_id }),
  };
}

/** The text of a message after the files that it speaks about, each between fences longer than any in it. */
function withFiles(content: string, attachments: readonly Attachment[]): string {
  const files = attachments.flatMap(({ name, text }) => {
    if (text === undefined) return [];
    const longest = Math.max(2, ...Array.from(text.matchAll(/`{3,}/g), ([run]) => run.length));
    const fence = '`'.repeat(longest + 1);
    return [`${name}\n${fence}\n${text}\n${fence}`];
  });
  return [...files, content].filter((part) => part !== '').join('\n\n');
}

/**
 * The messages of a request.
 * @param path the messages from the first to the last. If the last one is an answer, the model goes on with it
 */
export function requestMessages(path: readonly ChatMessage[], { system }: ChatSettings): Message[] {
  const messages = path.filter(isSaid).map(requestMessage);
  return system === undefined || system === ''
    ? messages
    : [{ role: 'system', content: system }, ...messages];
}

/** An answer that failed before its first word says nothing to the model. */
function isSaid(message: ChatMessage): boolean {
  if (message.role !== 'assistant') return true;
  return message.content !== '' || message.thinking !== undefined || message.tool_calls !== undefined;
}

/** The request for an answer in a chat with these settings. */
export function answerRequest(
  model: string,
  settings: ChatSettings,
  path: readonly ChatMessage[],
): AnswerRequest {
  const { think, think_budget, options, format, tools, keep_alive, logprobs, top_logprobs } = settings;
  return {
    model,
    messages: requestMessages(path, settings),
    ...(options && { options }),
    ...(think !== undefined && { think }),
    ...(think_budget !== undefined && { think_budget }),
    ...(format !== undefined && { format }),
    ...(tools && tools.length > 0 && { tools: [...tools] }),
    ...(keep_alive !== undefined && { keep_alive }),
    ...(logprobs === true && { logprobs, ...(top_logprobs !== undefined && { top_logprobs }) }),
  } as AnswerRequest;
}
