/** The models of the server, those in memory and the line, for all pages. */
import { signal } from '@preact/signals';
import type { PsModel, PsResponse } from '../../api/ps.ts';
import type { QueueResponse } from '../../api/queue.ts';
import type { TagsModel, TagsResponse } from '../../api/tags.ts';
import { ApiError, request } from '../api/http.ts';

export interface ModelList {
  readonly state: 'loading' | 'ready' | 'failed';
  readonly models: readonly TagsModel[];
  readonly running: readonly PsModel[];
  /** Absent until the server has answered. */
  readonly queue?: QueueResponse;
  readonly problem?: string;
}

export const modelList = signal<ModelList>({ state: 'loading', models: [], running: [] });

/** Asks the server for its models. What is known stays when it does not answer. */
export async function refreshModels(): Promise<void> {
  await refresh(async () => {
    const [tags, inMemory] = await Promise.all([request<TagsResponse>('/api/tags'), readMemory()]);
    modelList.value = { state: 'ready', models: tags.models, ...inMemory };
  });
}

/** The same without the list of all models, which may be long and changes seldom. */
async function refreshMemory(): Promise<void> {
  await refresh(async () => {
    const inMemory = await readMemory();
    modelList.value = { ...modelList.value, ...inMemory };
  });
}

async function readMemory(): Promise<Required<Pick<ModelList, 'running' | 'queue'>>> {
  const [ps, queue] = await Promise.all([
    request<PsResponse>('/api/ps'),
    request<QueueResponse>('/api/queue'),
  ]);
  return { running: ps.models, queue };
}

async function refresh(read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    modelList.value = { ...modelList.value, state: 'failed', problem: error.message };
  }
}

/** Often enough to follow a load. */
const INTERVAL_MS = 2000;
/** Models come and go seldom, and this page asks itself when it has changed something. */
const ROUNDS_PER_LIST = 4;

/** Keeps the list fresh while somebody looks at it. @returns ends that */
export function followModels(): () => void {
  let round = 0;
  const refreshAll = () => {
    if (!document.hidden) void refreshModels();
  };
  const next = () => {
    round += 1;
    // After a failure everything is asked for, because nothing is certain then.
    if (round % ROUNDS_PER_LIST === 0 || modelList.value.state !== 'ready') refreshAll();
    else if (!document.hidden) void refreshMemory();
  };
  refreshAll();
  const timer = setInterval(next, INTERVAL_MS);
  document.addEventListener('visibilitychange', refreshAll);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', refreshAll);
  };
}
