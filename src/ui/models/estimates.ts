/** What models need in memory, as the server estimates it. */
import { type Signal, signal } from '@preact/signals';
import type { EstimateResponse } from '../../api/estimate.ts';
import { ApiError, request } from '../api/http.ts';
import { estimateFields, type WantedLoad } from './wanted-load.ts';

export type Estimate =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly reply: EstimateResponse }
  | { readonly state: 'failed'; readonly problem: string };

/** The server reads headers of files for them; more at once would not be faster. */
const MAX_RUNNING = 2;

/** Estimates that are kept; more would be those of lists that were left long ago. */
const MAX_KNOWN = 2000;

const known = new Map<string, Signal<Estimate>>();
const line: (() => Promise<void>)[] = [];
let running = 0;

/** Bytes that are left beside the loaded models, as the latest estimate says. */
export const availableBytes = signal<number | undefined>(undefined);

/**
 * The estimate for a model. It is asked for once.
 * @param version changes when it must be asked for again: with the file of the model, and with what is loaded
 */
export function estimateOf(model: string, wanted: WantedLoad, version: string): Signal<Estimate> {
  const key = JSON.stringify([model, wanted.context, wanted.slots]);
  const versioned = `${key} ${version}`;
  const found = known.get(versioned);
  if (found) return found;
  if (known.size > MAX_KNOWN) known.clear();
  // Until the new one is there, the one before is better than none.
  const before = known.get(key);
  const estimate = before ?? signal<Estimate>({ state: 'loading' });
  known.set(key, estimate);
  known.set(versioned, estimate);
  line.push(() => ask(model, wanted, estimate));
  advance();
  return estimate;
}

function advance(): void {
  while (running < MAX_RUNNING) {
    const next = line.shift();
    if (!next) return;
    running += 1;
    void next().finally(() => {
      running -= 1;
      advance();
    });
  }
}

async function ask(model: string, wanted: WantedLoad, estimate: Signal<Estimate>): Promise<void> {
  try {
    const body = { model, ...estimateFields(wanted) };
    const reply = await request<EstimateResponse>('/api/estimate', { body });
    availableBytes.value = reply.available;
    estimate.value = { state: 'ready', reply };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    estimate.value = { state: 'failed', problem: error.message };
  }
}
