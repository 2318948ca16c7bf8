import { useSignal } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import { useClosing } from '../app/use-closing.ts';
import type { Chat } from '../chats/chat.ts';
import { chatList } from '../chats/chats.ts';
import { words } from '../words/words.ts';

const actions = () => import('./export-actions.ts');

/** Chats as files: this one, all of them, and from a file. */
export function ExportMenu({ chat }: { readonly chat: Chat }) {
  const id = useId();
  const isOpen = useSignal(false);
  const around = useClosing(isOpen);
  const text = words.value.files;
  const act = (run: (found: Awaited<ReturnType<typeof actions>>) => Promise<void>) => () => {
    isOpen.value = false;
    void actions().then(run);
  };
  const hasChat = chat.path.value.length > 0;
  const hasChats = chatList.value.records.length > 0;
  return (
    <div class="popover-anchor" ref={around}>
      <button
        type="button"
        class="quiet"
        aria-expanded={isOpen.value}
        aria-controls={id}
        onClick={() => (isOpen.value = !isOpen.value)}
      >
        {text.title}
      </button>
      {isOpen.value && (
        <div id={id} class="popover menu">
          <h2>{text.thisChat}</h2>
          {(['markdown', 'lines', 'fineTuning'] as const).map((form) => (
            <button
              key={form}
              type="button"
              class="quiet"
              disabled={!hasChat}
              onClick={act(({ exportChat }) => exportChat(chat, form))}
            >
              {text.forms[form]}
            </button>
          ))}
          <h2>{text.allChats}</h2>
          {(['lines', 'fineTuning'] as const).map((form) => (
            <button
              key={form}
              type="button"
              class="quiet"
              disabled={!hasChats}
              onClick={act(({ exportAll }) => exportAll(form))}
            >
              {text.forms[form]}
            </button>
          ))}
          <h2>{text.fromFile}</h2>
          <ImportButton onFile={(file) => act(({ importFile }) => importFile(file))()} />
        </div>
      )}
    </div>
  );
}

function ImportButton({ onFile }: { readonly onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const text = words.value.files;
  return (
    <>
      <input
        ref={input}
        class="hidden"
        type="file"
        accept=".jsonl,.json,.ndjson"
        tabIndex={-1}
        aria-label={text.import}
        onChange={({ currentTarget: { files } }) => {
          const [file] = files ?? [];
          if (file) onFile(file);
        }}
      />
      <button type="button" class="quiet" onClick={() => input.current?.click()}>
        {text.import}
      </button>
    </>
  );
}
