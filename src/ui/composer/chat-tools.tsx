import { DrawerButton } from '../chat-settings/drawer-slot.tsx';
import type { Chat } from '../chats/chat.ts';
import { ContextGauge } from './context-gauge.tsx';

/** At the right end of the bar above a chat. */
export function ChatTools({ chat }: { readonly chat: Chat }) {
  return (
    <>
      <ContextGauge chat={chat} />
      <DrawerButton />
    </>
  );
}
