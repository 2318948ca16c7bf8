import { setTimeout as pause } from 'node:timers/promises';
import type { OllamaClient } from '../../client/client.ts';
import type { Environment } from '../../config/settings.ts';
import { waitLabel } from './wait-label.ts';
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
