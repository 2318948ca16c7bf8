import { useSignal } from '@preact/signals';
import { copyText } from '../app/copy-text.ts';
import type { Chat } from '../chats/chat.ts';
import { answer, canGoOn, goOn, regenerate, step } from '../chats/chat-actions.ts';
import type { ChatMessage } from '../chats/chat-message.ts';
import { CodeButton } from '../export/code-button.tsx';
import { modelList } from '../models/model-list.ts';
import { words } from '../words/words.ts';
import { DeleteMessage } from './delete-message.tsx';

interface ActionsProps {
  readonly chat: Chat;
  readonly message: ChatMessage;
  readonly onEdit: () => void;
}

/** What can be done with a message. */
export function MessageActions({ chat, message, onEdit }: ActionsProps) {
  const text = words.value.chat;
  const isCopied = useSignal(false);
  const copy = async () => {
    isCopied.value = await copyText(message.content);
  };
  const isAnswer = message.role === 'assistant';
  return (
    <div class="message-actions">
      <Alternatives chat={chat} id={message.id} />
      {canGoOn(message) && (
        <button type="button" class="primary" onClick={() => goOn(chat, message.id)}>
          {message.content === '' ? text.tryAgain : text.goOn}
        </button>
      )}
      <button type="button" class="quiet" onClick={() => void copy()} onBlur={() => (isCopied.value = false)}>
        {isCopied.value ? text.copied : text.copy}
      </button>
      <button type="button" class="quiet" onClick={onEdit}>
        {text.edit}
      </button>
      {isAnswer && (
        <button type="button" class="quiet" onClick={() => regenerate(chat, message.id)}>
          {text.regenerate}
        </button>
      )}
      {isAnswer && <OtherModel chat={chat} message={message} />}
      {!isAnswer && chat.path.value.at(-1) === message.id && (
        <button type="button" class="primary" onClick={() => answer(chat, message.id)}>
          {text.answer}
        </button>
      )}
      <DeleteMessage chat={chat} id={message.id} />
      <CodeButton chat={chat} message={message} />
    </div>
  );
}

/** Asks another model. */
function OtherModel({ chat, message }: { readonly chat: Chat; readonly message: ChatMessage }) {
  const text = words.value.chat;
  const others = modelList.value.models.filter(
    ({ name, capabilities }) => name !== message.model && (capabilities?.includes('completion') ?? true),
  );
  if (others.length === 0) return null;
  return (
    <select
      class="other-model"
      aria-label={text.regenerateWith}
      value=""
      onChange={({ currentTarget }) => {
        const model = currentTarget.value;
        currentTarget.value = '';
        regenerate(chat, message.id, model);
      }}
    >
      <option value="" disabled={true}>
        {text.regenerateWith}
      </option>
      {others.map(({ name }) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Alternatives({ chat, id }: { readonly chat: Chat; readonly id: string }) {
  const text = words.value.chat;
  const siblings = chat.siblings(id);
  if (siblings.length < 2) return null;
  const at = siblings.indexOf(id);
  return (
    <fieldset class="alternatives" aria-label={text.alternatives}>
      <button
        type="button"
        class="quiet"
        aria-label={text.before}
        disabled={at === 0}
        onClick={() => step(chat, id, -1)}
      >
        ‹
      </button>
      <span>{`${at + 1}/${siblings.length}`}</span>
      <button
        type="button"
        class="quiet"
        aria-label={text.after}
        disabled={at === siblings.length - 1}
        onClick={() => step(chat, id, 1)}
      >
        ›
      </button>
    </fieldset>
  );
}
