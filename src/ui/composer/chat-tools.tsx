import { isDrawerOpen } from '../chat/layout.ts';
import { DrawerButton } from '../chat-settings/drawer-slot.tsx';
import type { Chat } from '../chats/chat.ts';
import { ExportMenu } from '../export/export-menu.tsx';
import { type PageAction, usePageActions } from '../search/page-actions.ts';
import { words } from '../words/words.ts';
import { ContextGauge } from './context-gauge.tsx';

function actionsOf(chat: Chat): readonly PageAction[] {
  const { palette, files } = words.value;
  const exports = (['markdown', 'lines', 'fineTuning'] as const).map((form) => ({
    id: `export-${form}`,
    label: palette.exportAs(files.forms[form]),
    run: () => void import('../export/export-actions.ts').then(({ exportChat }) => exportChat(chat, form)),
  }));
  const settings: PageAction = {
    id: 'chat-settings',
    label: palette.chatSettings,
    key: 'chatSettings',
    run: () => {
      isDrawerOpen.value = true;
    },
  };
  return chat.path.value.length > 0 ? [settings, ...exports] : [settings];
}

/** At the right end of the bar above a chat. */
export function ChatTools({ chat }: { readonly chat: Chat }) {
  usePageActions(() => actionsOf(chat));
  return (
    <>
      <ContextGauge chat={chat} />
      <ExportMenu chat={chat} />
      <DrawerButton />
    </>
  );
}
