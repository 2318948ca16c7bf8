/** What a model reads of a message with attachments. */
import type { Message } from '../../api/common.ts';
import type { Attachment, ChatMessage } from '../chats/chat-message.ts';
import { languageOf } from './attachment-kinds.ts';

/** The text of a message, with its text files before it, each in a fence that nothing in it can end. */
export function textWithAttachments(content: string, attachments: readonly Attachment[] = []): string {
  const files = attachments.filter(({ text }) => text !== undefined).map(fileBlock);
  return [...files, ...(content === '' && files.length > 0 ? [] : [content])].join('\n\n');
}

function fileBlock({ name, text = '' }: Attachment): string {
  const longest = Math.max(0, ...[...text.matchAll(/`{3,}/g)].map(([found]) => found.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  const title = name.replaceAll(/[\r\n`]/g, ' ');
  return `${title}:\n${fence}${languageOf(name)}\n${text}${text.endsWith('\n') ? '' : '\n'}${fence}`;
}

/** A message as `POST /api/chat` takes it. Thinking of earlier answers is part of it: the template decides about it. */
export function wireMessage(message: ChatMessage): Message {
  const { role, content, thinking, tool_calls, tool_name, tool_call_id, attachments = [] } = message;
  const images = attachments.flatMap(({ data }) => (data === undefined ? [] : [data]));
  return {
    role,
    content: textWithAttachments(content, attachments),
    ...(thinking !== undefined && thinking !== '' && { thinking }),
    ...(images.length > 0 && { images }),
    ...(tool_calls && tool_calls.length > 0 && { tool_calls: [...tool_calls] }),
    ...(tool_name !== undefined && { tool_name }),
    ...(tool_call_id !== undefined && { tool_call_id }),
  };
}
