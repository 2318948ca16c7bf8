import { useId } from 'preact/hooks';
import type { Chat } from '../chats/chat.ts';
import { chooseModel, modelOf } from '../chats/chat-actions.ts';
import { modelList, refreshModels } from '../models/model-list.ts';
import { words } from '../words/words.ts';

/** Chooses the model of a chat. */
export function ModelPicker({ chat }: { readonly chat: Chat }) {
  const id = useId();
  const { models, state } = modelList.value;
  const chosen = modelOf(chat) ?? '';
  const names = models.filter(({ capabilities }) => capabilities?.includes('completion') ?? true);
  const isKnown = names.some(({ name }) => name === chosen);
  const text = words.value.chat;
  return (
    <>
      <label class="hidden" for={id}>
        {text.model}
      </label>
      <select
        id={id}
        class="model-picker"
        value={chosen}
        disabled={names.length === 0}
        onFocus={() => void refreshModels()}
        onChange={({ currentTarget }) => chooseModel(chat, currentTarget.value)}
      >
        {!isKnown && (
          <option value={chosen}>
            {chosen || (state === 'loading' ? text.loadingModels : text.noModels)}
          </option>
        )}
        {names.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </>
  );
}
