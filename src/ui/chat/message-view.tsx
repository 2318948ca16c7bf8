import { useSignal } from '@preact/signals';
import { AnswerFooter } from '../answer/answer-footer.tsx';
import type { Chat } from '../chats/chat.ts';
import type { ChatMessage } from '../chats/chat-message.ts';
import { runs } from '../chats/runs.ts';
import { words } from '../words/words.ts';
import { AnswerProgressLine } from './answer-progress.tsx';
import { EditForm } from './edit-form.tsx';
import { MessageActions } from './message-actions.tsx';

interface MessageProps {
  readonly chat: Chat;
  readonly id: string;
}

/** One message with all that belongs to it. */
export function MessageView({ chat, id }: MessageProps) {
  const message = chat.message(id)?.value;
  const isEdited = useSignal(false);
  if (!message) return null;
  const isStreaming = message.state === 'streaming';
  const run = runs.value.get(id);
  return (
    <article class={`message ${message.role}`} data-message={id} aria-busy={isStreaming}>
      <h2 class="message-head">{headOf(message)}</h2>
      {isEdited.value ? (
        <EditForm chat={chat} message={message} onEnd={() => (isEdited.value = false)} />
      ) : (
        <>
          {message.thinking !== undefined && <p class="thinking">{message.thinking}</p>}
          <div class="plain-text">{message.content}</div>
          {run && <AnswerProgressLine run={run} />}
          {message.error !== undefined && (
            <p class="problem" role="alert">
              {message.error}
            </p>
          )}
          {!isStreaming && message.role === 'assistant' && <AnswerFooter chat={chat} message={message} />}
          {!isStreaming && (
            <MessageActions chat={chat} message={message} onEdit={() => (isEdited.value = true)} />
          )}
        </>
      )}
    </article>
  );
}

function headOf({ role, model, tool_name: tool }: ChatMessage): string {
  const text = words.value.chat;
  switch (role) {
    case 'user':
      return text.you;
    case 'assistant':
      return model ?? text.assistant;
    case 'tool':
      return text.resultOf(tool ?? '');
    case 'system':
      return text.system;
  }
}
