import { useSignal } from '@preact/signals';
import { AnswerFooter } from '../answer/answer-footer.tsx';
import type { Chat } from '../chats/chat.ts';
import type { Attachment, ChatMessage } from '../chats/chat-message.ts';
import { runs } from '../chats/runs.ts';
import { Markdown } from '../markdown/markdown.tsx';
import { bytesText } from '../words/format.ts';
import { words } from '../words/words.ts';
import { AnswerProgressLine } from './answer-progress.tsx';
import { EditForm } from './edit-form.tsx';
import { MessageActions } from './message-actions.tsx';
import { ThinkingBlock } from './thinking-block.tsx';
import { ToolCalls } from './tool-calls.tsx';

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
  return (
    <article class={`message ${message.role}`} data-message={id} aria-busy={isStreaming}>
      <h2 class="message-head">{headOf(message)}</h2>
      {isEdited.value ? (
        <EditForm chat={chat} message={message} onEnd={() => (isEdited.value = false)} />
      ) : (
        <MessageBody chat={chat} message={message} />
      )}
      {!isStreaming && message.role === 'assistant' && <AnswerFooter chat={chat} message={message} />}
      {!isStreaming && !isEdited.value && (
        <MessageActions chat={chat} message={message} onEdit={() => (isEdited.value = true)} />
      )}
    </article>
  );
}

function MessageBody({ chat, message }: { readonly chat: Chat; readonly message: ChatMessage }) {
  const { role, content, thinking, tool_calls: calls, attachments = [], error } = message;
  const run = runs.value.get(message.id);
  const text = words.value.chat;
  return (
    <>
      {attachments.length > 0 && <Attachments attachments={attachments} />}
      {thinking !== undefined && <ThinkingBlock message={message} run={run} />}
      {role === 'assistant' ? (
        <Markdown text={content} isGrowing={message.state === 'streaming'} />
      ) : (
        content !== '' && <div class="plain-text">{content}</div>
      )}
      {calls && <ToolCalls chat={chat} message={message} calls={calls} />}
      {run && <AnswerProgressLine run={run} />}
      {message.state === 'stopped' && <p class="small">{text.stopped}</p>}
      {message.done_reason === 'length' && <p class="small">{text.tooLong}</p>}
      {message.timing?.prompt_truncated === true && <p class="small problem">{text.truncated}</p>}
      {message.state === 'broken' && (
        <p class="problem" role="alert">
          {error ?? text.brokeOff}
        </p>
      )}
    </>
  );
}

function Attachments({ attachments }: { readonly attachments: readonly Attachment[] }) {
  return (
    <ul class="attachments">
      {attachments.map(({ id, kind, name, type, size, data }) => (
        <li key={id}>
          {kind === 'image' && data !== undefined && type.startsWith('image/') && (
            <img src={`data:${type};base64,${data}`} alt={name} />
          )}
          <span>{name}</span> <span class="small">{bytesText(size)}</span>
        </li>
      ))}
    </ul>
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
