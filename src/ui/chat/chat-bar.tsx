import { useEffect } from 'preact/hooks';
import type { Chat } from '../chats/chat.ts';
import { modelOf } from '../chats/chat-actions.ts';
import { isConnected, reconnect } from '../chats/connection.ts';
import { ChatTools } from '../composer/chat-tools.tsx';
import { followModels, type ModelList, modelList } from '../models/model-list.ts';
import { words } from '../words/words.ts';
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
  const { state, problem } = modelList.value;
  useEffect(followModels, []);
  const model = modelOf(chat);
  // The bar says already that nothing answers.
  if (!isConnected.value) return null;
  if (state === 'failed') return <span class="small problem">{problem ?? text.noConnection}</span>;
  if (model === undefined) return null;
  return <span class="small">{stateText(model, modelList.value)}</span>;
}

/** What a model is doing, for whomever. */
function stateText(model: string, { running, queue }: ModelList): string {
  const text = words.value.chat;
  const load = queue?.loading.find((one) => one.model === model);
  if (load) return `${text.loading} ${Math.floor(load.fraction * 100)} %`;
  const waiting = queue?.queue.filter((one) => one.model === model).length ?? 0;
  if (waiting > 0) return text.busy(waiting);
  return running.some(({ name }) => name === model) ? text.loaded : text.notLoaded;
}
