import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { query } from '../app/router.ts';
import type { ChatRecord } from '../chats/chat-store.ts';
import { chatList, deleteChat } from '../chats/chats.ts';
import { runs } from '../chats/runs.ts';
import { SearchButton } from '../search/search-button.tsx';
import { words } from '../words/words.ts';
import { isRailOpen } from './layout.ts';

/** All chats of this browser, the latest first. */
export function ChatRail() {
  const text = words.value.chat;
  const { isReady, records } = chatList.value;
  const shown = query.value.get('chat');
  return (
    <nav class="chat-rail" aria-label={text.chats}>
      <div class="chat-rail-head">
        <a class="button primary" href="/" data-page="" onClick={() => closeDrawer()}>
          {text.newChat}
        </a>
        <button type="button" class="quiet" onClick={() => (isRailOpen.value = false)}>
          {text.hideChats}
        </button>
      </div>
      <SearchButton />
      {isReady && records.length === 0 && <p class="empty small">{text.noChats}</p>}
      <ul class="chat-list">
        {records.map((record) => (
          <ChatLink key={record.id} record={record} isShown={record.id === shown} />
        ))}
      </ul>
    </nav>
  );
}

/** On a phone the rail covers the chat: it goes away when a chat was chosen. */
function closeDrawer(): void {
  if (matchMedia('(max-width: 760px)').matches) isRailOpen.value = false;
}

function ChatLink({ record, isShown }: { readonly record: ChatRecord; readonly isShown: boolean }) {
  const text = words.value.chat;
  const isAsking = useSignal(false);
  const line = useRef<HTMLLIElement>(null);
  const wasAsking = useRef(false);
  // The button that was pressed is gone: the focus goes to the answer that changes nothing, and back.
  useEffect(() => {
    if (isAsking.value !== wasAsking.current)
      line.current?.querySelector<HTMLElement>('button:last-of-type')?.focus();
    wasAsking.current = isAsking.value;
  }, [isAsking.value]);
  const isWriting = [...runs.value.values()].some(({ chat }) => chat.id === record.id);
  const title = record.title || text.untitled;
  const confirm = () => {
    void deleteChat(record.id);
    document.querySelector<HTMLElement>('.chat-rail .primary')?.focus();
  };
  if (isAsking.value)
    return (
      <li
        class="chat-question"
        ref={line}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          isAsking.value = false;
        }}
      >
        <span>{text.deleteQuestion(title)}</span>
        <span class="buttons">
          <button type="button" class="danger" onClick={confirm}>
            {text.delete}
          </button>
          <button type="button" onClick={() => (isAsking.value = false)}>
            {text.keep}
          </button>
        </span>
      </li>
    );
  return (
    <li class="chat-link" ref={line}>
      <a
        href={`/?chat=${encodeURIComponent(record.id)}`}
        data-page=""
        title={title}
        onClick={() => closeDrawer()}
        {...(isShown && { 'aria-current': 'page' as const })}
      >
        {title}
      </a>
      {isWriting && <span class="writing" role="img" aria-label={text.isWriting} />}
      <button
        type="button"
        class="quiet"
        aria-label={text.deleteChat(title)}
        onClick={() => (isAsking.value = true)}
      >
        {text.delete}
      </button>
    </li>
  );
}
