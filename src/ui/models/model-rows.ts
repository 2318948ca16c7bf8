/** What the table says of each model, from the lists of the server. */
import type { PsModel } from '../../api/ps.ts';
import type { QueueResponse } from '../../api/queue.ts';
import type { TagsModel } from '../../api/tags.ts';

export interface ModelRow {
  readonly model: TagsModel;
  /** Absent = it is not in memory. */
  readonly running?: PsModel;
  /** Loaded fraction of the weights, from 0 to 1; absent = it is not being loaded. */
  readonly loading?: number;
  /** Requests that wait for it. */
  readonly waiting: number;
}

interface Lists {
  readonly models: readonly TagsModel[];
  readonly running: readonly PsModel[];
  readonly queue?: QueueResponse;
}

/** @param filter every word of it must occur in a model's name, family, type or capabilities */
export function modelRows({ models, running, queue }: Lists, filter: string): ModelRow[] {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return models
    .filter((model) => words.every((word) => textOf(model).includes(word)))
    .map((model) => rowOf(model, running, queue));
}

function rowOf(model: TagsModel, running: readonly PsModel[], queue: QueueResponse | undefined): ModelRow {
  const loading = queue?.loading.find((one) => one.model === model.name)?.fraction;
  const found = running.find(({ name }) => name === model.name);
  return {
    model,
    ...(found && { running: found }),
    ...(loading !== undefined && { loading }),
    waiting: queue?.queue.filter((one) => one.model === model.name).length ?? 0,
  };
}

function textOf({ name, details, capabilities = [] }: TagsModel): string {
  return [name, details.family, details.quantization_level, details.parameter_size, ...capabilities]
    .join(' ')
    .toLowerCase();
}

/** When a model is unloaded if nobody asks it; undefined = never. `expires_at` of such a model lies in the far future. */
export function expiryOf({ expires_at }: Pick<PsModel, 'expires_at'>, now: number): Date | undefined {
  const expiry = new Date(expires_at);
  const years = (expiry.getTime() - now) / (365 * 24 * 3_600_000);
  return years > 50 ? undefined : expiry;
}

/** Another tag of the same name: "fox:q8_0" of "fox:q4_0", "hf.co/a/fox:Q8_0" of "hf.co/a/fox". */
export function withTag(model: string, tag: string): string {
  const slash = model.lastIndexOf('/');
  const colon = model.indexOf(':', slash + 1);
  return `${colon < 0 ? model : model.slice(0, colon)}:${tag}`;
}
