import { useEffect, useRef } from 'preact/hooks';
import type { Chat } from '../chats/chat.ts';
import { words } from '../words/words.ts';
import { MessageView } from './message-view.tsx';

/** The shown messages of a chat. */
export function MessageList({ chat }: { readonly chat: Chat }) {
  const path = chat.path.value;
  const box = useRef<HTMLElement>(null);
  useEffect(() => box.current?.scrollTo({ top: box.current.scrollHeight }), [path]);
  const text = words.value.chat;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="messages" ref={box} tabIndex={0} aria-label={text.messages}>
      {chat.isReady.value && path.length === 0 && <p class="empty">{text.empty}</p>}
      {path.map((id) => (
        <MessageView key={id} chat={chat} id={id} />
      ))}
    </section>
  );
}
