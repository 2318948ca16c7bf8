import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { EngineEvent, EngineRun, EngineState } from '../../../api/engine-events.ts';
import { ApiError } from '../../api/http.ts';
import { may } from '../../api/session.ts';
import { streamEvents } from '../../api/streams.ts';
import { words } from '../../words/words.ts';
import type { ModelRow } from '../model-rows.ts';
import { stateOf, useOf } from './model-use.ts';

/** Who uses the model now. */
export function ModelUsers({ row: { model, running, waiting } }: { row: ModelRow }) {
  const state = useSignal<EngineState | undefined>(undefined);
  const isSeen = running !== undefined && may('metrics');
  useEffect(() => (isSeen ? follow(state) : undefined), [isSeen]);
  const text = words.value.models;
  if (!running && waiting === 0) return null;
  const use = state.value && useOf(state.value, model.name);
  const inLine = use?.waiting ?? waiting;
  return (
    <section aria-label={text.usedBy}>
      <h3>{text.usedBy}</h3>
      {!may('metrics') && <p class="small">{text.useNeedsScope}</p>}
      {use && use.runs.length === 0 && inLine === 0 && <p>{text.noUse}</p>}
      {use && use.runs.length > 0 && <p>{text.usedSlots(use.runs.length, use.slots)}</p>}
      <ul class="model-users">
        {use?.runs.map((run) => (
          <li key={run.run}>
            <code>{run.kind}</code> {ownerOf(run)}
          </li>
        ))}
      </ul>
      {inLine > 0 && <p>{text.waiting(inLine)}</p>}
    </section>
  );
}

function ownerOf({ anonymous, key }: EngineRun): string {
  const text = words.value.models;
  if (anonymous) return text.otherRun;
  return key ?? text.ownRun;
}

/** @returns ends it */
function follow(state: Signal<EngineState | undefined>): () => void {
  const abort = new AbortController();
  void read(state, abort.signal);
  return () => abort.abort();
}

async function read(state: Signal<EngineState | undefined>, signal: AbortSignal): Promise<void> {
  try {
    for await (const { data } of streamEvents('/api/engine/events', { signal }))
      state.value = stateOf(JSON.parse(data) as EngineEvent) ?? state.value;
  } catch (error) {
    // Who uses the model is then not known; the list says whether the server answers.
    if (!signal.aborted && !(error instanceof ApiError)) throw error;
  }
}
