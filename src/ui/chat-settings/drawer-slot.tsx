import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { isDrawerOpen } from '../chat/layout.ts';
import type { Chat } from '../chats/chat.ts';
import { useKey } from '../keys/use-key.ts';
import { words } from '../words/words.ts';

type Drawer = ComponentType<{ readonly chat: Chat }>;

let loaded: Drawer | undefined;

/** The settings of a chat, when they are open. Their code is loaded the first time. */
export function DrawerSlot({ chat }: { readonly chat: Chat }) {
  const [, setLoads] = useState(0);
  const isOpen = isDrawerOpen.value;
  useKey('chatSettings', () => {
    // What is typed counts when its field is left.
    if (document.activeElement instanceof HTMLElement && document.activeElement.closest('.drawer'))
      document.activeElement.blur();
    isDrawerOpen.value = !isDrawerOpen.value;
  });
  useEffect(() => {
    if (!isOpen || loaded) return;
    void import('./settings-drawer.tsx').then(({ SettingsDrawer }) => {
      loaded = SettingsDrawer;
      setLoads((count) => count + 1);
    });
  }, [isOpen]);
  if (!isOpen) return null;
  const Found = loaded;
  return Found ? (
    <Found chat={chat} />
  ) : (
    <aside class="drawer empty">{words.value.chatSettings.loading}</aside>
  );
}

/** Opens and closes the settings of the chat. */
export function DrawerButton() {
  return (
    <button
      type="button"
      class="quiet"
      aria-expanded={isDrawerOpen.value}
      onClick={() => (isDrawerOpen.value = !isDrawerOpen.value)}
    >
      {words.value.chatSettings.open}
    </button>
  );
}
