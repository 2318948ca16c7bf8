import { useSignal } from '@preact/signals';
import type { NewKeyResponse } from '../../../api/keys.ts';
import { openSession, sessionState } from '../../api/session.ts';
import { copyText } from '../../app/copy-text.ts';
import { notify } from '../../app/notices.tsx';
import { words } from '../../words/words.ts';

/** Shows a new key, once. With the first one, the server begins to need a key, of this page too. */
export function NewKey({ made: { name, key }, onDone }: { made: NewKeyResponse; onDone: () => void }) {
  const problem = useSignal<string | undefined>(undefined);
  const text = words.value.settings;
  const needsSession = sessionState.value.session === undefined;
  const copy = async () => {
    if (await copyText(key)) notify(text.copied);
  };
  const signIn = async () => {
    problem.value = await openSession(key);
    if (problem.value === undefined) onDone();
  };
  return (
    <section class="new-key" aria-label={text.onceTitle(name)}>
      <h3>{text.onceTitle(name)}</h3>
      <p>{text.once}</p>
      <p>
        <code class="key-text">{key}</code>
      </p>
      {needsSession && <p>{text.signInNow}</p>}
      {problem.value !== undefined && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      <div class="settings-tools">
        <button type="button" onClick={() => void copy()}>
          {text.copy}
        </button>
        {needsSession && (
          <button type="button" class="primary" onClick={() => void signIn()}>
            {words.value.key.enter}
          </button>
        )}
        <button type="button" onClick={onDone}>
          {text.done}
        </button>
      </div>
    </section>
  );
}
