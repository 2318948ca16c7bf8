import { useSignal } from '@preact/signals';
import { query } from '../app/router.ts';
import type { ChatRecord } from '../chats/chat-store.ts';
import { chatList, deleteChat } from '../chats/chats.ts';
import { runs } from '../chats/runs.ts';
import { SearchButton } from '../search/search-button.tsx';
import { countText } from '../words/format.ts';
import { words } from '../words/words.ts';
import { isRailOpen } from './layout.ts';
import { useQuestion } from './use-question.ts';

/** More links are shown on request: each costs time whenever one of them changes, and the search finds them all. */
const SHOWN_AT_ONCE = 200;

/** All chats of this browser, the latest first. */
export function ChatRail() {
  const text = words.value.chat;
  const { isReady, records } = chatList.value;
  const shown = query.value.get('chat');
  const limit = useSignal(SHOWN_AT_ONCE);
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
        {records.slice(0, limit.value).map((record) => (
          <ChatLink key={record.id} record={record} isShown={record.id === shown} />
        ))}
      </ul>
      {records.length > limit.value && (
        <button type="button" class="quiet" onClick={() => (limit.value += SHOWN_AT_ONCE)}>
          {text.moreChats(countText(records.length - limit.value))}
        </button>
      )}
    </nav>
  );
}

/** On a phone the rail covers the chat: it goes away when a chat was chosen. */
function closeDrawer(): void {
  if (matchMedia('(max-width: 760px)').matches) isRailOpen.value = false;
}

function ChatLink({ record, isShown }: { readonly record: ChatRecord; readonly isShown: boolean }) {
  const text = words.value.chat;
  const { isAsking, place, onKeyDown } = useQuestion<HTMLLIElement>();
  const isWriting = [...runs.value.values()].some(({ chat }) => chat.id === record.id);
  const title = record.title || text.untitled;
  const confirm = () => {
    void deleteChat(record.id);
    document.querySelector<HTMLElement>('.chat-rail .primary')?.focus();
  };
  if (isAsking.value)
    return (
      <li class="chat-question" ref={place} onKeyDown={onKeyDown}>
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
    <li class="chat-link" ref={place}>
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
