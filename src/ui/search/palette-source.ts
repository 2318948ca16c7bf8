/** Where the items of the palette come from. */
import { pages } from '../app/pages.ts';
import { navigate, path, query } from '../app/router.ts';
import { theme, themes } from '../app/theme.ts';
import type { Chat } from '../chats/chat.ts';
import { chooseModel, lastModel, modelOf } from '../chats/chat-actions.ts';
import { ChatFold } from '../chats/chat-fold.ts';
import { type ChatRecord, readEntries } from '../chats/chat-store.ts';
import { chatIdOf, chatList, newChat, openChat } from '../chats/chats.ts';
import { exportedChat } from '../export/chat-export.ts';
import { modelList } from '../models/model-list.ts';
import { words } from '../words/words.ts';
import { ChatSearch, type SearchedMessage } from './chat-search.ts';
import { pageActions } from './page-actions.ts';
import type { PaletteItem } from './palette-items.ts';
import { areKeysShown } from './palette-state.ts';

/** The chat that is shown; undefined on other pages. */
function shownChat(): Chat | undefined {
  if (path.value !== '/') return undefined;
  const id = chatIdOf(query.value.get('chat'));
  return id === null ? newChat() : openChat(id);
}

function actionItems(): PaletteItem[] {
  const text = words.value.palette;
  const themeItems = themes.map((name) => ({
    id: `theme-${name}`,
    label: text.themes[name],
    run: () => {
      theme.value = name;
    },
  }));
  return [
    { id: 'new-chat', label: text.newChat, key: 'newChat' as const, run: () => navigate('/') },
    ...pageActions(),
    { id: 'keys', label: text.showKeys, key: 'help' as const, run: () => (areKeysShown.value = true) },
    ...themeItems,
  ].map((action) => ({ kind: 'action' as const, ...action }));
}

function modelItems(): PaletteItem[] {
  const chat = shownChat();
  const own = chat && modelOf(chat);
  const { models, running } = modelList.value;
  return models
    .filter(({ capabilities }) => capabilities?.includes('completion') ?? true)
    .map(({ name }) => {
      const isLoaded = running.some((one) => one.name === name);
      const text = words.value.palette;
      return {
        id: `model-${name}`,
        kind: 'model' as const,
        label: name,
        ...((name === own || isLoaded) && { detail: name === own ? text.chosen : text.loaded }),
        run: () => {
          if (chat) return chooseModel(chat, name);
          lastModel.value = name;
          navigate('/');
        },
      };
    });
}

function chatItems(): PaletteItem[] {
  return chatList.value.records.map(({ id, title }) => ({
    id: `chat-${id}`,
    kind: 'chat' as const,
    label: title || words.value.chat.untitled,
    run: () => navigate(`/?chat=${encodeURIComponent(id)}`),
  }));
}

/** Everything that has a name. */
export function namedItems(): PaletteItem[] {
  const pageItems = pages.map(({ path: to, name }) => ({
    id: `page-${name}`,
    kind: 'page' as const,
    label: words.value.pages[name],
    run: () => navigate(to),
  }));
  return [...actionItems(), ...pageItems, ...modelItems(), ...chatItems()];
}

async function readMessages(chat: string): Promise<readonly SearchedMessage[]> {
  const entries = await readEntries(chat);
  const fold = new ChatFold();
  for (const entry of entries) fold.apply(entry);
  const { messages } = exportedChat({ id: chat, created_at: '', updated_at: '' }, fold, []);
  return messages.map(({ id, content, attachments = [] }) => ({
    id,
    text: [content, ...attachments.map(({ name }) => name)].join('\n'),
  }));
}

/** The texts of chats, which stay at hand while the page is open. */
export const chatSearch = new ChatSearch({
  read: readMessages,
  now: () => performance.now(),
  pause: () => new Promise((resolve) => setTimeout(resolve)),
});

/** The chats to search, the latest first. */
export function searchedChats(): readonly ChatRecord[] {
  return chatList.value.records;
}
