/** The pulls of this page. They go on while other pages are open, and end with the tab; the server keeps what they fetched. */
import { signal } from '@preact/signals';
import type { ProgressResponse } from '../../../api/common.ts';
import { ApiError } from '../../api/http.ts';
import { streamJson } from '../../api/streams.ts';
import { stored } from '../../app/stored.ts';
import { refreshModels } from '../model-list.ts';
import { afterLine, beginning, type PullState } from './pull-progress.ts';

export interface Pull {
  readonly model: string;
  readonly state: 'running' | 'stopped' | 'failed' | 'done';
  readonly progress: PullState;
  /** Bytes of all files; 0 = not known. */
  readonly expected: number;
  readonly problem?: string;
}

/** Names of pulls that were not finished, for the next visit. */
const unfinished = stored<string[]>(
  'pulls',
  [],
  (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
);

/** More would be a list of mistakes. */
const MAX_KEPT = 20;

export const pulls = signal<readonly Pull[]>(
  unfinished.value.map((model) => ({ model, state: 'stopped', progress: beginning, expected: 0 })),
);
const aborts = new Map<string, AbortController>();

function update(model: string, change: Partial<Pull>): void {
  pulls.value = pulls.value.map((pull) => (pull.model === model ? { ...pull, ...change } : pull));
  const open = pulls.value.filter(({ state }) => state !== 'done').map((pull) => pull.model);
  if (open.join('\n') !== unfinished.value.join('\n')) unfinished.value = open.slice(-MAX_KEPT);
}

/** Begins a pull, or goes on with it. @param expected bytes of all files; 0 = not known */
export function startPull(model: string, expected = 0): void {
  const known = pulls.value.find((pull) => pull.model === model);
  if (known?.state === 'running') return;
  const fresh: Pull = { model, state: 'running', progress: beginning, expected: known?.expected || expected };
  pulls.value = [...pulls.value.filter((pull) => pull !== known), fresh];
  void follow(model);
}

async function follow(model: string): Promise<void> {
  const abort = new AbortController();
  aborts.set(model, abort);
  update(model, {});
  let progress = beginning;
  try {
    const options = { body: { model }, signal: abort.signal };
    for await (const line of streamJson<ProgressResponse>('/api/pull', options)) {
      progress = afterLine(progress, line, performance.now());
      update(model, { progress });
    }
    update(model, { state: 'done' });
    await refreshModels();
  } catch (error) {
    if (abort.signal.aborted) update(model, { state: 'stopped' });
    else if (error instanceof ApiError) update(model, { state: 'failed', problem: error.message });
    else throw error;
  } finally {
    aborts.delete(model);
  }
}

/** Stops a pull; what was fetched stays on the server, so that it can go on. */
export function stopPull(model: string): void {
  aborts.get(model)?.abort();
}

/** Takes a pull off the list. */
export function dismissPull(model: string): void {
  stopPull(model);
  pulls.value = pulls.value.filter((pull) => pull.model !== model);
  unfinished.value = unfinished.value.filter((name) => name !== model);
}
