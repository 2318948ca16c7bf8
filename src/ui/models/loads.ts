/** Loads and unloads models, and tells how far they are. */
import { signal } from '@preact/signals';
import type { LoadProgress, UnloadProgress } from '../../api/load.ts';
import { ApiError } from '../api/http.ts';
import { streamJson } from '../api/streams.ts';
import { notify } from '../app/notices.tsx';
import { words } from '../words/words.ts';
import { refreshModels } from './model-list.ts';
import { loadFields, type WantedLoad } from './wanted-load.ts';

type Work =
  | { readonly kind: 'load'; readonly fraction: number; readonly isWaiting: boolean }
  | { readonly kind: 'unload' };

/** What this page has asked for, by the name of the model. */
export const loads = signal<ReadonlyMap<string, Work>>(new Map());

function note(model: string, work: Work | undefined): void {
  const next = new Map(loads.value);
  if (work) next.set(model, work);
  else next.delete(model);
  loads.value = next;
}

async function follow(model: string, work: () => Promise<void>): Promise<void> {
  if (loads.value.has(model)) return;
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    notify(error.message, 'problem');
  } finally {
    note(model, undefined);
    await refreshModels();
  }
}

export function loadModel(model: string, wanted: WantedLoad): Promise<void> {
  return follow(model, async () => {
    note(model, { kind: 'load', fraction: 0, isWaiting: true });
    const body = { model, ...loadFields(wanted) };
    for await (const line of streamJson<LoadProgress>('/api/load', { body }))
      note(model, { kind: 'load', fraction: line.fraction ?? 0, isWaiting: line.status === 'waiting' });
    notify(words.value.models.wasLoaded(model));
  });
}

export function unloadModel(model: string): Promise<void> {
  return follow(model, async () => {
    note(model, { kind: 'unload' });
    for await (const _ of streamJson<UnloadProgress>('/api/unload', { body: { model } }));
    notify(words.value.models.wasUnloaded(model));
  });
}
