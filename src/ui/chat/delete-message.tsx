import type { Chat } from '../chats/chat.ts';
import { remove } from '../chats/chat-actions.ts';
import { words } from '../words/words.ts';
import { useQuestion } from './use-question.ts';

/** Removes a message with all that follows it: after a question, because nothing brings them back. */
export function DeleteMessage({ chat, id }: { readonly chat: Chat; readonly id: string }) {
  const text = words.value.chat;
  const { isAsking, place, onKeyDown } = useQuestion<HTMLSpanElement>();
  const path = chat.path.value;
  return (
    // The buttons inside take the keys.
    // biome-ignore lint/a11y/noStaticElementInteractions: Esc belongs to the question as a whole
    <span class="delete-message" ref={place} onKeyDown={onKeyDown}>
      {isAsking.value && <span>{text.deleteMessage(path.length - path.indexOf(id) - 1)}</span>}
      {isAsking.value && (
        <button type="button" class="danger" onClick={() => remove(chat, id)}>
          {text.delete}
        </button>
      )}
      <button type="button" class="quiet" onClick={() => (isAsking.value = !isAsking.value)}>
        {isAsking.value ? text.keep : text.delete}
      </button>
    </span>
  );
}
