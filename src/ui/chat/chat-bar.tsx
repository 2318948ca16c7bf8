import type { Chat } from '../chats/chat.ts';
import { modelOf } from '../chats/chat-actions.ts';
import { isConnected, reconnect } from '../chats/connection.ts';
import { runOf } from '../chats/runs.ts';
import { ChatTools } from '../composer/chat-tools.tsx';
import { modelList } from '../models/model-list.ts';
import { words } from '../words/words.ts';
import { progressText } from './answer-progress.tsx';
import { isRailOpen } from './layout.ts';
import { ModelPicker } from './model-picker.tsx';

/** Above a chat: its model and what that is doing, and whether the server answers. */
export function ChatBar({ chat }: { readonly chat: Chat }) {
  const text = words.value.chat;
  return (
    <header class="chat-bar">
      <h1 class="hidden">{chat.title.value || text.newChat}</h1>
      {!isRailOpen.value && (
        <button type="button" class="quiet" onClick={() => (isRailOpen.value = true)}>
          {text.showChats}
        </button>
      )}
      <ModelPicker chat={chat} />
      <ModelState chat={chat} />
      <span class="space" />
      {!isConnected.value && (
        <span class="connection problem" role="status">
          {text.noConnection}
          <button type="button" onClick={reconnect}>
            {text.tryAgain}
          </button>
        </span>
      )}
      <ChatTools chat={chat} />
    </header>
  );
}

function ModelState({ chat }: { readonly chat: Chat }) {
  const text = words.value.chat;
  const { running, state, problem } = modelList.value;
  const model = modelOf(chat);
  if (state === 'failed') return <span class="small problem">{problem ?? text.noConnection}</span>;
  if (model === undefined) return null;
  const run = runOf(chat);
  const { phase } = run?.progress.value ?? {};
  const isBusy = phase === 'loading' || phase === 'waiting';
  if (run && isBusy) return <span class="small">{progressText(run.progress.value)}</span>;
  const isLoaded = running.some(({ name }) => name === model);
  return <span class="small">{isLoaded ? text.loaded : text.notLoaded}</span>;
}
