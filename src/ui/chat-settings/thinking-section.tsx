import { useId } from 'preact/hooks';
import type { Chat } from '../chats/chat.ts';
import { words } from '../words/words.ts';
import { isKeepAlive, isThinkBudget, thinkValues } from './chat-settings.ts';
import { modelDefaults } from './model-defaults.ts';
import { useSynced } from './use-synced.ts';

/** Whether and how much the model thinks before it answers. */
export function ThinkingSection({
  chat,
  model,
}: {
  readonly chat: Chat;
  readonly model: string | undefined;
}) {
  const id = useId();
  const { think, think_budget: budget } = chat.settings.value;
  const text = words.value.chatSettings;
  const { canThink } = modelDefaults(model);
  if (!canThink && think === undefined && budget === undefined)
    return <p class="small">{text.noThinking(model ?? '')}</p>;
  return (
    <>
      <div class="option">
        <label for={id}>{text.think}</label>
        <select
          id={id}
          value={think === undefined ? '' : String(think)}
          onChange={({ currentTarget }) =>
            chat.set({ think: thinkValues.find((value) => String(value) === currentTarget.value) })
          }
        >
          <option value="">{text.modelDefault}</option>
          {thinkValues.map((value) => (
            <option key={String(value)} value={String(value)}>
              {text.thinkValues[String(value) as 'true']}
            </option>
          ))}
        </select>
      </div>
      <TypedSetting
        label={text.thinkBudget}
        note={text.thinkBudgetNote}
        placeholder={text.noLimit}
        value={budget}
        problem={text.problems.wholeNumber}
        read={(typed) => (isThinkBudget(Number(typed)) ? Number(typed) : undefined)}
        onChange={(value) => chat.set({ think_budget: typeof value === 'number' ? value : undefined })}
      />
    </>
  );
}

/** How long the model stays in memory after an answer. */
export function KeepAliveRow({ chat }: { readonly chat: Chat }) {
  const text = words.value.chatSettings;
  return (
    <TypedSetting
      label={text.keepAlive}
      note={text.keepAliveNote}
      placeholder={text.serverDefault}
      value={chat.settings.value.keep_alive}
      problem={text.problems.duration}
      read={(typed) => (isKeepAlive(typed) ? typed : undefined)}
      onChange={(value) => chat.set({ keep_alive: value })}
    />
  );
}

interface TypedProps {
  readonly label: string;
  readonly note: string;
  readonly placeholder: string;
  readonly value: string | number | undefined;
  readonly problem: string;
  /** @returns undefined for what is not valid */
  readonly read: (typed: string) => string | number | undefined;
  readonly onChange: (value: string | number | undefined) => void;
}

function TypedSetting({ label, note, placeholder, value, problem, read, onChange }: TypedProps) {
  const id = useId();
  const typed = useSynced(String(value ?? ''));
  const text = typed.value.trim();
  const isWrong = text !== '' && read(text) === undefined;
  return (
    <div class="option">
      <label for={id}>{label}</label>
      <input
        id={id}
        autocomplete="off"
        placeholder={placeholder}
        aria-invalid={isWrong}
        aria-describedby={`${id}-note`}
        value={typed.value}
        onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
        onChange={() => {
          if (!isWrong) onChange(text === '' ? undefined : read(text));
        }}
      />
      {isWrong && (
        <p class="problem small" role="alert">
          {problem}
        </p>
      )}
      <p class="small" id={`${id}-note`}>
        {note}
      </p>
    </div>
  );
}
