import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { stored } from '../app/stored.ts';
import type { Chat } from '../chats/chat.ts';
import { modelOf } from '../chats/chat-actions.ts';
import type { Draft } from '../chats/chat-message.ts';
import { isComposing } from '../keys/composing.ts';
import { useKey } from '../keys/use-key.ts';
import { modelList } from '../models/model-list.ts';
import { words } from '../words/words.ts';
import { AttachmentList } from './attachment-list.tsx';
import { countDraft } from './draft-tokens.ts';
import { draftProblem, FileProblems, MediaWarning } from './file-problems.tsx';
import { type FileProblem, readFiles } from './read-files.ts';
import { useDroppedFiles } from './use-dropped-files.ts';

export interface ComposerProps {
  readonly chat: Chat;
  /** Whether an answer is being written: then Stop takes the place of Send. */
  readonly isBusy: boolean;
  readonly onSend: (draft: Draft) => void;
  readonly onStop: () => void;
}

/** Whether Enter alone sends; otherwise it begins a line, and Ctrl+Enter sends. */
const enterSends = stored('enter-sends', true, (value) => typeof value === 'boolean');

/** Where messages are written. The draft belongs to the chat, so that it is there again whenever the chat is opened. */
export function Composer({ chat, isBusy, onSend, onStop }: ComposerProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const { attach, isReading, problems } = useAttaching(chat);
  const isDragged = useDroppedFiles(attach);
  const draft = chat.draft.value;
  const model = modelOf(chat);
  const text = words.value.composer;
  const media = draftProblem(draft.attachments, model, modelList.value.models);
  const isEmpty = draft.text.trim() === '' && draft.attachments.length === 0;
  const cannotSend = isBusy || isEmpty || isReading || media !== undefined;
  useEffect(() => countDraft(chat), [chat]);
  useKey('write', () => field.current?.focus());
  const submit = (event: Event) => {
    event.preventDefault();
    if (cannotSend) return;
    onSend(draft);
    field.current?.focus();
  };
  const remove = (id: string) => {
    const current = chat.draft.value;
    chat.setDraft({ ...current, attachments: current.attachments.filter((one) => one.id !== id) });
  };
  return (
    <form class={`composer ${isDragged ? 'dragged' : ''}`} onSubmit={submit}>
      <FileProblems problems={problems} />
      {media && model !== undefined && <MediaWarning chat={chat} model={model} problem={media} />}
      <div class="composer-box">
        <AttachmentList attachments={draft.attachments} model={model} onRemove={remove} />
        <textarea
          ref={field}
          aria-label={text.label}
          placeholder={isDragged ? text.drop : text.placeholder}
          rows={1}
          value={draft.text}
          onInput={({ currentTarget }) => chat.setDraft({ ...chat.draft.value, text: currentTarget.value })}
          onPaste={(event) => {
            const files = [...(event.clipboardData?.files ?? [])];
            if (files.length === 0) return;
            event.preventDefault();
            attach(files);
          }}
          onKeyDown={(event) => {
            if (sends(event)) submit(event);
          }}
        />
        <div class="composer-row">
          <AttachButton onFiles={attach} />
          {isReading && <span class="small">{text.reading}</span>}
          <span class="space" />
          <EnterChoice />
          {isBusy ? (
            <button type="button" onClick={onStop}>
              {text.stop}
            </button>
          ) : (
            <button type="submit" class="primary" disabled={cannotSend}>
              {text.send}
            </button>
          )}
        </div>
      </div>
    </form>
  );
}

function sends(event: KeyboardEvent): boolean {
  if (event.key !== 'Enter' || isComposing(event)) return false;
  return event.ctrlKey || event.metaKey || (enterSends.value && !event.shiftKey && !event.altKey);
}

/** Reading of files into the draft of a chat. */
function useAttaching(chat: Chat) {
  const problems = useSignal<readonly FileProblem[]>([]);
  const reading = useSignal(0);
  const read = async (files: readonly File[]) => {
    reading.value += 1;
    problems.value = [];
    const found = await readFiles(files, chat.draft.value.attachments);
    const current = chat.draft.value;
    if (found.added.length > 0)
      chat.setDraft({ ...current, attachments: [...current.attachments, ...found.added] });
    problems.value = [...problems.value, ...found.problems];
    reading.value -= 1;
  };
  const attach = (files: readonly File[]) => void read(files);
  return { attach, isReading: reading.value > 0, problems: problems.value };
}

function AttachButton({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const text = words.value.composer;
  return (
    <>
      <input
        ref={input}
        class="hidden"
        type="file"
        multiple
        tabIndex={-1}
        aria-label={text.attach}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])]);
          // The same file can be chosen again.
          currentTarget.value = '';
        }}
      />
      <button type="button" class="quiet" onClick={() => input.current?.click()}>
        {text.attach}
      </button>
    </>
  );
}

function EnterChoice() {
  return (
    <label class="small enter-choice">
      <input
        type="checkbox"
        checked={enterSends.value}
        onChange={({ currentTarget }) => (enterSends.value = currentTarget.checked)}
      />
      {words.value.composer.enterSends}
    </label>
  );
}
