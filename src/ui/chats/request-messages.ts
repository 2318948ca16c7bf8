/** A chat as the server reads it. */
import type { Message } from '../../api/common.ts';
import type { AnswerRequest } from '../answers/stream-answer.ts';
import { requestFields } from '../chat-settings/chat-settings.ts';
import { wireMessage } from '../composer/message-text.ts';
import type { ChatMessage, ChatSettings } from './chat-message.ts';

/**
 * The messages of a request.
 * @param path the messages from the first to the last. If the last one is an answer, the model goes on with it
 */
function requestMessages(path: readonly ChatMessage[], { system }: ChatSettings): Message[] {
  const messages = path.filter(isSaid).map(wireMessage);
  return system === undefined || system === ''
    ? messages
    : [{ role: 'system', content: system }, ...messages];
}

/** An answer that failed before its first word says nothing to the model. */
function isSaid({ role, content, thinking, tool_calls }: ChatMessage): boolean {
  return role !== 'assistant' || content !== '' || thinking !== undefined || tool_calls !== undefined;
}

/** The request for an answer in a chat with these settings. */
export function answerRequest(
  model: string,
  settings: ChatSettings,
  path: readonly ChatMessage[],
): AnswerRequest {
  return { model, messages: requestMessages(path, settings), ...requestFields(settings) };
}
