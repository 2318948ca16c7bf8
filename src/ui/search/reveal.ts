/** Shows one message of a chat, whatever branch it is in. */
import { effect, signal } from '@preact/signals';
import { navigate } from '../app/router.ts';
import type { Chat } from '../chats/chat.ts';
import { pathTo } from '../chats/chat-actions.ts';
import { openChat } from '../chats/chats.ts';

/** The message to scroll to; whoever scrolls there takes it away. */
export const revealed = signal<{ readonly chat: string; readonly message: string } | undefined>(undefined);

/** Opens a chat at a message. */
export function revealMessage(chatId: string, message: string): void {
  navigate(`/?chat=${encodeURIComponent(chatId)}`);
  const chat = openChat(chatId);
  let isDone = false;
  const end = effect(() => {
    if (!chat.isReady.value || isDone) return;
    isDone = true;
    // Choosing a branch writes what this effect has read.
    queueMicrotask(() => {
      end();
      show(chat, message);
    });
  });
}

function show(chat: Chat, message: string): void {
  for (const { id } of pathTo(chat, message)) {
    if (chat.siblings(id).length > 1) chat.choose(id);
  }
  revealed.value = { chat: chat.id, message };
}
