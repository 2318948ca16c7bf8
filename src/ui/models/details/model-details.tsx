import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ShowResponse } from '../../../api/show.ts';
import { ApiError, request, send } from '../../api/http.ts';
import { may } from '../../api/session.ts';
import { notify } from '../../app/notices.tsx';
import { words } from '../../words/words.ts';
import { modelList, refreshModels } from '../model-list.ts';
import { Abilities, RowActions } from '../model-row.tsx';
import { modelRows } from '../model-rows.ts';
import { ModelFacts, ModelTexts } from './model-facts.tsx';
import { ModelMemory } from './model-memory.tsx';
import { ModelUsers } from './model-users.tsx';

type Shown =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly reply: ShowResponse }
  | { readonly state: 'failed'; readonly problem: string };

/** Everything about one model, beside the list; on phones instead of it. */
export function ModelDetails({ name, onClose }: { name: string; onClose: () => void }) {
  const shown = useSignal<Shown>({ state: 'loading' });
  const row = modelRows(modelList.value, '').find(({ model }) => model.name === name);
  const digest = row?.model.digest;
  useEffect(() => void show(name, shown), [name, digest]);
  const text = words.value.models;
  return (
    <section class="page model-details" aria-label={text.details(name)}>
      <div class="models-head">
        <h2>{name}</h2>
        <button type="button" class="quiet" onClick={onClose}>
          {text.close}
        </button>
      </div>
      {shown.value.state === 'loading' && <p class="empty">{words.value.app.loading}</p>}
      {shown.value.state === 'failed' && (
        <p class="problem" role="alert">
          {shown.value.problem}
        </p>
      )}
      {row && (
        <>
          <div class="models-actions">
            <RowActions row={row} />
          </div>
          {may('manage') && <CopyForm name={name} />}
          <Abilities names={row.model.capabilities ?? []} />
          <ModelMemory row={row} />
          <ModelUsers row={row} />
        </>
      )}
      {shown.value.state === 'ready' && (
        <>
          <ModelFacts shown={shown.value.reply} listed={row?.model} />
          <ModelTexts shown={shown.value.reply} />
        </>
      )}
    </section>
  );
}

async function show(model: string, shown: Signal<Shown>): Promise<void> {
  try {
    const reply = await request<ShowResponse>('/api/show', { body: { model, speed: true } });
    shown.value = { state: 'ready', reply };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    shown.value = { state: 'failed', problem: error.message };
  }
}

function CopyForm({ name }: { name: string }) {
  const text = words.value.models;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const destination = String(new FormData(form).get('destination') ?? '').trim();
    if (destination === '') return;
    try {
      await send('/api/copy', { body: { source: name, destination } });
      form.reset();
      notify(text.wasCopied(destination));
      await refreshModels();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notify(error.message, 'problem');
    }
  };
  return (
    <form class="models-line" onSubmit={(event) => void submit(event)}>
      <label>
        <span>{text.copyName}</span>
        <input name="destination" autocomplete="off" spellcheck={false} required />
      </label>
      <button type="submit">{text.copyMake}</button>
    </form>
  );
}
