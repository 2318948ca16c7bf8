import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { OllamaError } from '../base/errors.ts';
import { LruCache } from '../base/lru-cache.ts';
import { MAX_REMEMBERED, REMEMBERED_MS } from './limits.ts';

interface Overrun {
  readonly error: OllamaError;
  readonly until: number;
}

/** Remembers the work that ran over its limits, so that it is not tried again and again. */
export class Overruns {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #known = new LruCache<string, Overrun>(MAX_REMEMBERED);
  /** When the last entry expires; before anything ran over, nothing needs a digest. */
  #until = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** @param identity what distinguishes the work from other work */
  remember(identity: () => string, error: OllamaError): void {
    this.#until = this.#clock.now() + REMEMBERED_MS;
    this.#known.set(digestOf(identity()), { error, until: this.#until });
  }

  /** @returns the error of the same work within the last minute */
  find(identity: () => string): OllamaError | undefined {
    if (this.#clock.now() >= this.#until) return undefined;
    const known = this.#known.get(digestOf(identity()));
    if (!known || this.#clock.now() >= known.until) return undefined;
    const { code, status, message } = known.error;
    return new OllamaError(code, `${message}; it is not tried again for a minute`, { status });
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
