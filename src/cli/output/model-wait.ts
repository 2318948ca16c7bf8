import { setTimeout as pause } from 'node:timers/promises';
import type { QueueResponse } from '../../api/queue.ts';
import type { OllamaClient } from '../../client/client.ts';
import type { Environment } from '../../config/settings.ts';
import { ModelName } from '../../names/model-name.ts';
import { WaitSpinner } from './wait-spinner.ts';

/** Between two looks at the server: quick for the eye, nothing for the machine. */
const LOOK_MS = 250;

export interface ModelWaitOptions {
  readonly client: Pick<OllamaClient, 'queue'>;
  readonly model: string;
  readonly stderr: NodeJS.WriteStream;
  readonly environment: Environment;
}

/** Shows on a terminal that a model is being waited for, and why: how far its load is, or the place in the line. */
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
    // A server that does not tell, or is gone: the request itself says what is wrong.
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
