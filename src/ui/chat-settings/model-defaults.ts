/** What a model itself sets: the values that count where a chat sets none. */
import { type Signal, signal } from '@preact/signals';
import type { ShowResponse } from '../../api/show.ts';
import { request } from '../api/http.ts';
import { modelList } from '../models/model-list.ts';
import { modelOptions } from './option-fields.ts';

export interface ModelDefaults {
  readonly options: Readonly<Record<string, unknown>>;
  readonly system: string;
  readonly canThink: boolean;
  readonly canUseTools: boolean;
}

const unknown: ModelDefaults = { options: {}, system: '', canThink: true, canUseTools: true };

/** By name and digest. */
const known: Signal<ReadonlyMap<string, ModelDefaults>> = signal(new Map());
const asked = new Set<string>();

/** The defaults of a model. They are asked for once; until they are there, nothing is known about it. */
export function modelDefaults(model: string | undefined): ModelDefaults {
  if (model === undefined) return unknown;
  const digest = modelList.value.models.find(({ name }) => name === model)?.digest ?? '';
  const key = `${model} ${digest}`;
  const found = known.value.get(key);
  if (!found && !asked.has(key)) {
    asked.add(key);
    void ask(model, key);
  }
  return found ?? unknown;
}

async function ask(model: string, key: string): Promise<void> {
  try {
    const show = await request<ShowResponse>('/api/show', { body: { model } });
    const defaults: ModelDefaults = {
      options: modelOptions(show.parameters),
      system: show.system ?? '',
      canThink: show.capabilities?.includes('thinking') ?? true,
      canUseTools: show.capabilities?.includes('tools') ?? true,
    };
    known.value = new Map([...known.value, [key, defaults]]);
  } catch {
    // It is asked again when the settings are opened the next time.
    asked.delete(key);
  }
}
