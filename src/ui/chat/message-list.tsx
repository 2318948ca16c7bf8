import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { query } from '../app/router.ts';
import type { Chat } from '../chats/chat.ts';
import { step } from '../chats/chat-actions.ts';
import { chatList } from '../chats/chats.ts';
import { runs } from '../chats/runs.ts';
import { useKey } from '../keys/use-key.ts';
import { revealed } from '../search/reveal.ts';
import { words } from '../words/words.ts';
import { Announcements } from './announcements.tsx';
import { MessageScroll } from './message-scroll.ts';
import { MessageView } from './message-view.tsx';

/** The shown messages of a chat. Of a long one only those near the window are in the document. */
export function MessageList({ chat }: { readonly chat: Chat }) {
  const path = chat.path.value;
  const scroll = useMemo(() => new MessageScroll(), []);
  const box = useRef<HTMLElement>(null);
  useMemo(() => scroll.setIds(path), [scroll, path]);
  useLayoutEffect(() => {
    scroll.attach(box.current);
    return () => scroll.attach(null);
  }, [scroll]);
  const { from, to, before, behind } = scroll.range.value;
  useLayoutEffect(() => scroll.arrange(), [scroll, from, to, path]);
  const last = path.at(-1);
  // What was asked for here is followed, wherever the reader was.
  useLayoutEffect(() => {
    if (last !== undefined && runs.peek().has(last)) scroll.toEnd();
  }, [scroll, last]);
  const wanted = revealed.value;
  useLayoutEffect(() => {
    if (wanted?.chat !== chat.id || !path.includes(wanted.message)) return;
    revealed.value = undefined;
    scroll.toMessage(wanted.message);
  }, [wanted, scroll, chat, path]);
  useKey('toEnd', () => scroll.toEnd());
  useKey('branchBefore', () => stepShown(chat, -1));
  useKey('branchAfter', () => stepShown(chat, 1));
  const text = words.value.chat;
  return (
    <div class="messages-frame">
      <Announcements chat={chat} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="messages" ref={box} tabIndex={0} aria-label={text.messages}>
        {chat.isReady.value && path.length === 0 && (
          <p class="empty">{isMissing(chat) ? text.noSuchChat : text.empty}</p>
        )}
        <Space pixels={before} />
        {path.slice(from, to).map((id) => (
          <Item key={id} id={id} chat={chat} scroll={scroll} />
        ))}
        <Space pixels={behind} />
      </section>
      {!scroll.isFollowing.value && (
        <button type="button" class="to-end" onClick={() => scroll.toEnd()}>
          {text.toEnd}
        </button>
      )}
    </div>
  );
}

interface ItemProps {
  readonly id: string;
  readonly chat: Chat;
  readonly scroll: MessageScroll;
}

function Item({ id, chat, scroll }: ItemProps) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => (element.current ? scroll.watch(element.current) : undefined), [scroll]);
  return (
    <div class="message-item" data-item={id} ref={element}>
      <MessageView chat={chat} id={id} />
    </div>
  );
}

/** Whether the address names a chat that this browser does not have. */
function isMissing(chat: Chat): boolean {
  const { isReady, records } = chatList.value;
  return isReady && query.value.get('chat') === chat.id && !records.some(({ id }) => id === chat.id);
}

/** Room for messages that are not in the document. */
function Space({ pixels }: { readonly pixels: number }) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => element.current?.style.setProperty('height', `${pixels}px`), [pixels]);
  return <div ref={element} aria-hidden={true} />;
}

/** Steps through the alternatives of the message in focus, or of the last one that has some. */
function stepShown(chat: Chat, by: 1 | -1): boolean {
  const focused = document.activeElement?.closest<HTMLElement>('[data-item]')?.dataset.item;
  const id = focused ?? chat.path.value.findLast((one) => chat.siblings(one).length > 1);
  if (id === undefined) return false;
  step(chat, id, by);
  return true;
}
