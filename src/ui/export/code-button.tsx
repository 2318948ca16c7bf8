import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import type { Chat } from '../chats/chat.ts';
import type { ChatMessage } from '../chats/chat-message.ts';
import { words } from '../words/words.ts';

interface CodeProps {
  readonly chat: Chat;
  readonly message: ChatMessage;
}

type Panel = ComponentType<CodeProps>;

let loaded: Panel | undefined;

/** Shows how a script asks what led to a message. */
export function CodeButton(props: CodeProps) {
  const id = useId();
  const isOpen = useSignal(false);
  const [, setLoads] = useState(0);
  useEffect(() => {
    if (!isOpen.value || loaded) return;
    void import('./code-panel.tsx').then(({ CodePanel }) => {
      loaded = CodePanel;
      setLoads((count) => count + 1);
    });
  }, [isOpen.value]);
  const Found = loaded;
  return (
    <>
      <button
        type="button"
        class="quiet"
        aria-expanded={isOpen.value}
        aria-controls={id}
        onClick={() => (isOpen.value = !isOpen.value)}
      >
        {words.value.files.asCode}
      </button>
      {isOpen.value && (
        <div id={id} class="code-panel">
          {Found && <Found {...props} />}
        </div>
      )}
    </>
  );
}
