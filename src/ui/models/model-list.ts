/** The models of the server and those in memory, for all pages. */
import { signal } from '@preact/signals';
import type { PsModel, PsResponse } from '../../api/ps.ts';
import type { TagsModel, TagsResponse } from '../../api/tags.ts';
import { ApiError, request } from '../api/http.ts';

interface ModelList {
  readonly state: 'loading' | 'ready' | 'failed';
  readonly models: readonly TagsModel[];
  readonly running: readonly PsModel[];
  readonly problem?: string;
}

export const modelList = signal<ModelList>({ state: 'loading', models: [], running: [] });

/** Asks the server for its models. What is known stays when it does not answer. */
export async function refreshModels(): Promise<void> {
  try {
    const [tags, ps] = await Promise.all([
      request<TagsResponse>('/api/tags'),
      request<PsResponse>('/api/ps'),
    ]);
    modelList.value = { state: 'ready', models: tags.models, running: ps.models };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    modelList.value = { ...modelList.value, state: 'failed', problem: error.message };
  }
}
