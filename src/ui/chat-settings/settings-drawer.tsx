import { useEffect, useId, useRef } from 'preact/hooks';
import { isDrawerOpen } from '../chat/layout.ts';
import type { Chat } from '../chats/chat.ts';
import { modelOf } from '../chats/chat-actions.ts';
import { isComposing } from '../keys/composing.ts';
import { words } from '../words/words.ts';
import { MAX_SYSTEM_CHARACTERS, withOption } from './chat-settings.ts';
import { FormatSection } from './format-section.tsx';
import { modelDefaults } from './model-defaults.ts';
import { type OptionField, type OptionGroup, optionGroups } from './option-fields.ts';
import { loadOptionNotes } from './option-note.ts';
import { OptionRow } from './option-row.tsx';
import { PresetsSection } from './presets-section.tsx';
import { KeepAliveRow, ThinkingSection } from './thinking-section.tsx';
import { ToolsSection } from './tools-section.tsx';
import { useTyped } from './use-typed.ts';

const groups = optionGroups();

/** The settings of a chat. They count from the next answer on. */
export function SettingsDrawer({ chat }: { readonly chat: Chat }) {
  const title = useRef<HTMLHeadingElement>(null);
  const text = words.value.chatSettings;
  const model = modelOf(chat);
  useEffect(() => {
    void loadOptionNotes();
    const opener = document.activeElement;
    title.current?.focus();
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    // The settings are read from top to bottom, like a page beside the chat.
    <aside
      class="drawer"
      aria-labelledby="drawer-title"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented || isComposing(event)) return;
        event.preventDefault();
        isDrawerOpen.value = false;
      }}
    >
      <header class="drawer-head">
        <h2 id="drawer-title" ref={title} tabIndex={-1}>
          {text.title}
        </h2>
        <button type="button" class="quiet" onClick={() => (isDrawerOpen.value = false)}>
          {text.close}
        </button>
      </header>
      <div class="drawer-body" key={chat.id}>
        <PresetsSection chat={chat} />
        <SystemPrompt chat={chat} model={model} />
        <ThinkingSection chat={chat} model={model} />
        <OptionsGroup chat={chat} model={model} group="sampling" isOpen />
        <FormatSection chat={chat} />
        <Foldable title={text.tools.title} isOpen={chat.settings.value.tools !== undefined}>
          <ToolsSection chat={chat} model={model} />
        </Foldable>
        {groups
          .filter(([group]) => group !== 'sampling')
          .map(([group]) => (
            <OptionsGroup key={group} chat={chat} model={model} group={group} />
          ))}
      </div>
    </aside>
  );
}

interface GroupProps {
  readonly chat: Chat;
  readonly model: string | undefined;
}

function SystemPrompt({ chat, model }: GroupProps) {
  const id = useId();
  const typed = useTyped(chat.settings.value.system ?? '', (text) =>
    chat.set({ system: text === '' ? undefined : text }),
  );
  const text = words.value.chatSettings;
  return (
    <div class="option">
      <label for={id}>{text.system}</label>
      <textarea
        id={id}
        rows={4}
        maxLength={MAX_SYSTEM_CHARACTERS}
        placeholder={modelDefaults(model).system || text.noSystem}
        {...typed}
      />
    </div>
  );
}

interface FoldableProps {
  readonly title: string;
  readonly isOpen?: boolean;
  readonly children: preact.ComponentChildren;
}

function Foldable({ title, isOpen = false, children }: FoldableProps) {
  return (
    <details class="settings-group" open={isOpen}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}

function OptionsGroup({
  chat,
  model,
  group,
  isOpen = false,
}: GroupProps & { group: OptionGroup; isOpen?: boolean }) {
  const text = words.value.chatSettings;
  const fields = groups.find(([name]) => name === group)?.[1] ?? [];
  const set = fields.filter(({ name }) => chat.settings.value.options?.[name] !== undefined).length;
  const title = set === 0 ? text.groups[group] : text.groupWithCount(text.groups[group], set);
  return (
    <Foldable title={title} isOpen={isOpen}>
      {group === 'context' && <KeepAliveRow chat={chat} />}
      {fields.map((field) => (
        <ChatOption key={field.name} chat={chat} model={model} field={field} />
      ))}
    </Foldable>
  );
}

function ChatOption({ chat, model, field }: GroupProps & { readonly field: OptionField }) {
  const { options } = chat.settings.value;
  return (
    <OptionRow
      field={field}
      value={options?.[field.name]}
      fallback={modelDefaults(model).options[field.name] ?? field.default}
      onChange={(value) => chat.set({ options: withOption(chat.settings.peek().options, field.name, value) })}
    />
  );
}
