import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { RemoteEstimateResponse } from '../../../api/estimate.ts';
import { ApiError, request } from '../../api/http.ts';
import { words } from '../../words/words.ts';
import { estimateFields, wantedLoad } from '../wanted-load.ts';
import { startPull } from './pulls.ts';
import { RemoteModelView } from './remote-model.tsx';

type Check =
  | { readonly state: 'none' | 'loading' }
  | { readonly state: 'ready'; readonly reply: RemoteEstimateResponse; readonly name: string }
  | { readonly state: 'failed'; readonly problem: string };

/** Asks for a model, says what it needs before it is there, and pulls it. */
export function PullPanel() {
  const name = useSignal('');
  const check = useSignal<Check>({ state: 'none' });
  const abort = useRef(new AbortController());
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    return () => abort.current.abort();
  }, []);
  const text = words.value.models;
  const ask = () => {
    abort.current.abort();
    abort.current = new AbortController();
    void inspect(name.value.trim(), check, abort.current.signal);
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (name.value.trim() !== '') startPull(name.value.trim(), expectedBytes(check.value, name.value.trim()));
  };
  return (
    <section class="models-panel" aria-label={text.pullTitle}>
      <h2>{text.pullTitle}</h2>
      <form class="models-line" onSubmit={submit}>
        <label>
          <span>{text.pullName}</span>
          <input
            ref={field}
            value={name.value}
            placeholder={text.pullHint}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            required
            onInput={(event) => {
              name.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="button" disabled={name.value.trim() === ''} onClick={ask}>
          {text.check}
        </button>
        <button type="submit" class="primary">
          {text.pull}
        </button>
      </form>
      <div aria-live="polite">
        {check.value.state === 'loading' && <p>{text.checking}</p>}
        {check.value.state === 'failed' && <p class="problem">{check.value.problem}</p>}
        {check.value.state === 'ready' && (
          <RemoteModelView name={check.value.name} reply={check.value.reply} />
        )}
      </div>
    </section>
  );
}

function expectedBytes(check: Check, name: string): number {
  return check.state === 'ready' && check.name === name ? check.reply.download.total : 0;
}

async function inspect(name: string, check: Signal<Check>, signal: AbortSignal): Promise<void> {
  check.value = { state: 'loading' };
  try {
    const body = { model: name, ...estimateFields(wantedLoad.value) };
    const reply = await request<RemoteEstimateResponse>('/api/estimate/remote', { body, signal });
    check.value = { state: 'ready', reply, name };
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof ApiError)) throw error;
    check.value = { state: 'failed', problem: error.message };
  }
}
