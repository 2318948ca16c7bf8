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
  try {
    const [tags, ps, queue] = await Promise.all([
      request<TagsResponse>('/api/tags'),
      request<PsResponse>('/api/ps'),
      request<QueueResponse>('/api/queue'),
    ]);
    modelList.value = { state: 'ready', models: tags.models, running: ps.models, queue };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    modelList.value = { ...modelList.value, state: 'failed', problem: error.message };
  }
}

/** Often enough to follow a load, and cheap for the server: three short lists. */
const INTERVAL_MS = 2000;

/** Keeps the list fresh while somebody looks at it. @returns ends that */
export function followModels(): () => void {
  const refresh = () => {
    if (!document.hidden) void refreshModels();
  };
  refresh();
  const timer = setInterval(refresh, INTERVAL_MS);
  document.addEventListener('visibilitychange', refresh);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', refresh);
  };
}
