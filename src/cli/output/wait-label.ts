import type { QueueResponse } from '../../api/queue.ts';
import { ModelName } from '../../names/model-name.ts';

const PERCENT = 100;
const ordinals = new Intl.PluralRules('en', { type: 'ordinal' });
const endings: Readonly<Record<string, string>> = { one: 'st', two: 'nd', few: 'rd' };

/** Why a request for this model has no answer yet; "" when it is being answered. */
export function waitLabel({ loading, queue }: QueueResponse, model: string): string {
  const name = ModelName.tryParse(model)?.short ?? model;
  const load = loading.find((candidate) => candidate.model === name);
  if (load) return `loading model ${Math.floor(load.fraction * PERCENT)}%`;
  // Whose the requests are is not told: the last one of this model is most likely ours, which is new.
  const own = queue.findLast((request) => request.model === name);
  if (!own) return '';
  const place =
    own.position === 1 ? 'next' : `${own.position}${endings[ordinals.select(own.position)] ?? 'th'}`;
  return `waiting, ${place} in line`;
}
