import { setTimeout as pause } from 'node:timers/promises';
import type { QueueResponse } from '../../api/queue.ts';
import type { OllamaClient } from '../../client/client.ts';
import type { Environment } from '../../config/environment.ts';
import { ModelName } from '../../names/model-name.ts';
import { WaitSpinner } from './wait-spinner.ts';

/** Interval between queries of the server: short enough to look immediate, with negligible load. */
const LOOK_MS = 250;

export interface ModelWaitOptions {
  readonly client: Pick<OllamaClient, 'queue'>;
  readonly model: string;
  readonly stderr: NodeJS.WriteStream;
  readonly environment: Environment;
}

/** Shows on a terminal why the program is waiting for a model: the progress of its load, or the request's position in line. */
export class ModelWait {
  readonly #spinner: WaitSpinner;
  readonly #client: Pick<OllamaClient, 'queue'>;
  readonly #model: string;
  #stopLooking: AbortController | undefined;

  constructor({ client, model, stderr, environment }: ModelWaitOptions) {
    this.#spinner = new WaitSpinner(stderr, environment);
    this.#client = client;
    this.#model = model;
  }

  start(): void {
    if (this.#stopLooking || !this.#spinner.isVisible) return;
    this.#stopLooking = new AbortController();
    this.#spinner.start();
    // Errors of this query are ignored: if the server has a problem, the request itself reports it.
    this.#look(this.#stopLooking.signal).catch(() => undefined);
  }

  stop(): void {
    this.#stopLooking?.abort();
    this.#stopLooking = undefined;
    this.#spinner.stop();
  }

  async #look(signal: AbortSignal): Promise<void> {
    for (;;) {
      await pause(LOOK_MS, undefined, { signal });
      this.#spinner.label = waitLabel(await this.#client.queue(signal), this.#model);
    }
  }
}

const PERCENT = 100;
const ordinals = new Intl.PluralRules('en', { type: 'ordinal' });
const endings: Readonly<Record<string, string>> = { one: 'st', two: 'nd', few: 'rd' };

/** Why a request for this model has no answer yet; "" if it is being answered. */
export function waitLabel({ loading, queue }: QueueResponse, model: string): string {
  const name = ModelName.tryParse(model)?.short ?? model;
  const load = loading.find((candidate) => candidate.model === name);
  if (load) return `loading model ${Math.floor(load.fraction * PERCENT)}%`;
  // The queue does not say who sent a request. Ours is new, so it is most likely the last one for this model.
  const own = queue.findLast((request) => request.model === name);
  if (!own) return '';
  const place =
    own.position === 1 ? 'next' : `${own.position}${endings[ordinals.select(own.position)] ?? 'th'}`;
  return `waiting, ${place} in line`;
}
