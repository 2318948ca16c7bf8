/** What the tabs of this browser tell each other about chats. */
import type { ChatEntry } from '../../api/chats.ts';
import { randomId } from '../app/random-id.ts';
import type { ChatMessage } from './chat-message.ts';
import type { ChatRecord } from './chat-store.ts';

export type TabMessage =
  | { readonly type: 'entries'; readonly record: ChatRecord; readonly entries: readonly ChatEntry[] }
  /** A message that another tab is writing. */
  | { readonly type: 'partial'; readonly chat: string; readonly message: ChatMessage }
  /** Asks the tab that writes a message to stop. */
  | { readonly type: 'stop'; readonly message: string }
  | { readonly type: 'deleted'; readonly chat: string };

const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('ollama.chats');

/** Names this tab, also after it was reloaded. */
export const tabId = keptTabId();

function keptTabId(): string {
  const name = 'ollama.tab';
  try {
    const kept = sessionStorage.getItem(name);
    if (kept !== null) return kept;
    const made = randomId();
    sessionStorage.setItem(name, made);
    return made;
  } catch {
    return randomId();
  }
}

export function tellTabs(message: TabMessage): void {
  channel?.postMessage(message);
}

/** @param hear is called for what other tabs say */
export function hearTabs(hear: (message: TabMessage) => void): void {
  channel?.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => hear(data));
}
