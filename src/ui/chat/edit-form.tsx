import { useEffect, useRef } from 'preact/hooks';
import type { Chat } from '../chats/chat.ts';
import { edit } from '../chats/chat-actions.ts';
import type { ChatMessage } from '../chats/chat-message.ts';
import { isComposing } from '../keys/composing.ts';
import { words } from '../words/words.ts';

interface EditFormProps {
  readonly chat: Chat;
  readonly message: ChatMessage;
  readonly onEnd: () => void;
}

/** Changes what a message says. The old one stays as an alternative. */
export function EditForm({ chat, message, onEnd }: EditFormProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const text = words.value.chat;
  useEffect(() => field.current?.focus(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    const content = field.current?.value ?? '';
    onEnd();
    if (content !== message.content) edit(chat, message.id, content);
  };
  return (
    <form class="edit-form" onSubmit={submit}>
      <textarea
        ref={field}
        aria-label={text.edit}
        defaultValue={message.content}
        rows={Math.min(12, message.content.split('\n').length + 1)}
        onKeyDown={(event) => {
          if (isComposing(event)) return;
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event);
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          onEnd();
        }}
      />
      <p class="buttons">
        <button type="submit" class="primary">
          {message.role === 'user' ? text.sendEdited : text.saveEdited}
        </button>
        <button type="button" onClick={onEnd}>
          {text.cancel}
        </button>
      </p>
    </form>
  );
}
