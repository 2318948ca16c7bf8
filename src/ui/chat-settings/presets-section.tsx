import { useSignal } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import { notify } from '../app/notices.tsx';
import { saveFile } from '../app/save-file.ts';
import type { Chat } from '../chats/chat.ts';
import { words } from '../words/words.ts';
import {
  MAX_FILE_BYTES,
  mergedPresets,
  type Preset,
  type PresetProblem,
  presetChange,
  presets,
  presetsFile,
  readPresetsFile,
  usablePresets,
  withPreset,
} from './presets.ts';

function keep(next: readonly Preset[] | PresetProblem): boolean {
  if (typeof next === 'string') {
    notify(words.value.chatSettings.presetProblems[next], 'problem');
    return false;
  }
  presets.value = next;
  return true;
}

/** Settings under a name: apply, save, remove, and as a file. */
export function PresetsSection({ chat }: { readonly chat: Chat }) {
  const id = useId();
  const chosen = useSignal('');
  const name = useSignal('');
  const all = usablePresets(presets.value);
  const text = words.value.chatSettings;
  const apply = (wanted: string) => {
    chosen.value = wanted;
    const preset = all.find((one) => one.name === wanted);
    if (preset) chat.set(presetChange(preset.settings));
  };
  const save = (event: Event) => {
    event.preventDefault();
    if (!keep(withPreset(all, name.value, chat.settings.value))) return;
    chosen.value = name.value.trim();
    name.value = '';
    notify(text.presetSaved);
  };
  const remove = () => {
    keep(all.filter((one) => one.name !== chosen.value));
    chosen.value = '';
  };
  return (
    <div class="settings-group">
      <div class="option">
        <label for={id}>{text.preset}</label>
        <div class="schema-field-row">
          <select id={id} value={chosen.value} onChange={({ currentTarget }) => apply(currentTarget.value)}>
            <option value="">{all.length === 0 ? text.noPresets : text.choosePreset}</option>
            {all.map((preset) => (
              <option key={preset.name} value={preset.name}>
                {preset.name}
              </option>
            ))}
          </select>
          {chosen.value !== '' && (
            <button type="button" class="quiet" onClick={remove}>
              {text.removePreset}
            </button>
          )}
        </div>
      </div>
      <form class="schema-field-row" onSubmit={save}>
        <input
          aria-label={text.presetName}
          placeholder={text.presetName}
          value={name.value}
          onInput={({ currentTarget }) => (name.value = currentTarget.value)}
        />
        <button type="submit" disabled={name.value.trim() === ''}>
          {text.savePreset}
        </button>
      </form>
      <PresetFiles all={all} />
    </div>
  );
}

function PresetFiles({ all }: { readonly all: readonly Preset[] }) {
  const input = useRef<HTMLInputElement>(null);
  const text = words.value.chatSettings;
  const read = async (file: File | undefined) => {
    if (!file) return;
    const found = file.size > MAX_FILE_BYTES ? undefined : readPresetsFile(await file.text());
    if (!found) notify(text.presetProblems.notPresets, 'problem');
    else if (keep(mergedPresets(all, found))) notify(text.presetsRead(found.length));
  };
  return (
    <div class="buttons">
      <button
        type="button"
        class="quiet"
        disabled={all.length === 0}
        onClick={() => saveFile('ollama-presets.json', 'application/json', presetsFile(all))}
      >
        {text.exportPresets}
      </button>
      <input
        ref={input}
        class="hidden"
        type="file"
        accept=".json"
        tabIndex={-1}
        aria-label={text.importPresets}
        onChange={({ currentTarget }) => {
          void read(currentTarget.files?.[0]);
          currentTarget.value = '';
        }}
      />
      <button type="button" class="quiet" onClick={() => input.current?.click()}>
        {text.importPresets}
      </button>
    </div>
  );
}
