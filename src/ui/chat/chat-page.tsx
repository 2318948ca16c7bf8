import { useEffect } from 'preact/hooks';
import { notify } from '../app/notices.tsx';
import { navigate, path, query } from '../app/router.ts';
import { DrawerSlot } from '../chat-settings/drawer-slot.tsx';
import type { Chat } from '../chats/chat.ts';
import { send } from '../chats/chat-actions.ts';
import type { Draft } from '../chats/chat-message.ts';
import { keepsChats } from '../chats/chat-store.ts';
import { chatIdOf, newChat, onDeletion, openChat, startChats } from '../chats/chats.ts';
import { runOf, stopChat } from '../chats/runs.ts';
import { startSync } from '../chats/sync.ts';
import { Composer } from '../composer/composer.tsx';
import { useKey } from '../keys/use-key.ts';
import { refreshModels } from '../models/model-list.ts';
import { words } from '../words/words.ts';
import { ChatBar } from './chat-bar.tsx';
import { ChatRail } from './chat-rail.tsx';
import { isRailOpen } from './layout.ts';
import { MessageList } from './message-list.tsx';

// Whatever was written in a chat that is deleted, in this tab or in another one, would be lost.
onDeletion((id) => {
  if (path.peek() === '/' && query.peek().get('chat') === id) navigate('/', { replace: true });
});

/** The chats of this browser, and one of them open. */
export function ChatPage() {
  const id = chatIdOf(query.value.get('chat'));
  const chat = id === null ? newChat() : openChat(id);
  useEffect(() => {
    void startChats().then(startSync);
    void keepsChats().then((isKept) => {
      if (!isKept) notify(words.value.chat.keepsNothing, 'problem');
    });
    void refreshModels();
  }, []);
  const onSend = (draft: Draft) => {
    send(chat, draft);
    navigate(`/?chat=${encodeURIComponent(chat.id)}`, { replace: id === null });
  };
  useKey('newChat', () => navigate('/'));
  useKey('chats', () => {
    isRailOpen.value = !isRailOpen.value;
  });
  useKey('stop', () => {
    if (runOf(chat) === undefined && !isWrittenElsewhere(chat)) return false;
    stopChat(chat);
    return true;
  });
  return (
    <div class={`chat-page ${isRailOpen.value ? 'with-rail' : ''}`}>
      {isRailOpen.value && <ChatRail />}
      <section class="conversation">
        <ChatBar chat={chat} />
        <MessageList key={chat.id} chat={chat} />
        <Composer
          key={`composer ${chat.id}`}
          chat={chat}
          isBusy={runOf(chat) !== undefined || isWrittenElsewhere(chat)}
          onSend={onSend}
          onStop={() => stopChat(chat)}
        />
      </section>
      <DrawerSlot chat={chat} />
    </div>
  );
}

/** Whether another tab writes the last message of a chat. */
function isWrittenElsewhere(chat: Chat): boolean {
  const last = chat.path.value.at(-1);
  return last !== undefined && chat.message(last)?.value.state === 'streaming';
}
