import { useRef } from 'preact/hooks';
import type { Chat } from '../chats/chat.ts';
import type { Draft } from '../chats/chat-message.ts';
import { words } from '../words/words.ts';

export interface ComposerProps {
  readonly chat: Chat;
  /** Whether an answer is being written: then Stop takes the place of Send. */
  readonly isBusy: boolean;
  readonly onSend: (draft: Draft) => void;
  readonly onStop: () => void;
}

/** Where messages are written. The draft belongs to the chat, so that it is there again whenever the chat is opened. */
export function Composer({ chat, isBusy, onSend, onStop }: ComposerProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const draft = chat.draft.value;
  const text = words.value.composer;
  const isEmpty = draft.text.trim() === '' && draft.attachments.length === 0;
  const submit = (event: Event) => {
    event.preventDefault();
    if (isBusy || isEmpty) return;
    onSend(draft);
    field.current?.focus();
  };
  return (
    <form class="composer" onSubmit={submit}>
      <textarea
        ref={field}
        aria-label={text.label}
        placeholder={text.placeholder}
        rows={2}
        value={draft.text}
        onInput={({ currentTarget }) => chat.setDraft({ ...draft, text: currentTarget.value })}
        onKeyDown={(event) => {
          if (
            event.key === 'Enter' &&
            (event.ctrlKey || event.metaKey || !event.shiftKey) &&
            !event.isComposing
          )
            submit(event);
        }}
      />
      {isBusy ? (
        <button type="button" onClick={onStop}>
          {text.stop}
        </button>
      ) : (
        <button type="submit" class="primary" disabled={isEmpty}>
          {text.send}
        </button>
      )}
    </form>
  );
}
