import { useSignal } from '@preact/signals';
import { openSession, sessionState } from '../api/session.ts';
import { words } from '../words/words.ts';

/** Asks for an API key, where the server needs one. The page keeps no key: it gets a cookie that scripts cannot read. */
export function KeyForm() {
  const problem = useSignal<string | undefined>(undefined);
  const isSent = useSignal(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const key = String(new FormData(form).get('key') ?? '');
    isSent.value = true;
    problem.value = await openSession(key);
    isSent.value = false;
  };
  const text = words.value.key;
  return (
    <form class="key-form" onSubmit={(event) => void submit(event)}>
      <h1>{text.title}</h1>
      <p>{sessionState.value.problem ?? text.why}</p>
      <label for="key">{text.label}</label>
      <input id="key" name="key" type="password" autocomplete="off" required />
      {problem.value !== undefined && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      <button type="submit" class="primary" disabled={isSent.value}>
        {text.enter}
      </button>
    </form>
  );
}
