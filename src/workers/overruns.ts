import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { OllamaError } from '../base/errors.ts';
import { LruCache } from '../base/lru-cache.ts';
import { MAX_REMEMBERED, REMEMBERED_MS } from './limits.ts';

interface Overrun {
  readonly error: OllamaError;
  readonly until: number;
}

/** What distinguishes work from other work. */
export interface Recognizable {
  /** The name of the task. */
  readonly name: string;
  /** A number that is equal for equal inputs, and cheap to find. */
  readonly size: () => number;
  /** Equal for equal work, and for no other. */
  readonly identity: () => string;
}

/** Remembers the work that ran over its limits, so that it is not tried again and again. */
export class Overruns {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #known = new LruCache<string, Overrun>(MAX_REMEMBERED);
  /** When the last work of a name and size expires, so that other work needs no digest, which takes long for large inputs. */
  readonly #sizes = new LruCache<string, number>(MAX_REMEMBERED);
  /** When the last entry expires; before anything ran over, nothing needs a digest. */
  #until = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  remember({ name, size, identity }: Recognizable, error: OllamaError): void {
    this.#until = this.#clock.now() + REMEMBERED_MS;
    this.#sizes.set(`${name} ${size()}`, this.#until);
    this.#known.set(digestOf(identity()), { error, until: this.#until });
  }

  /** @returns the error of the same work within the last minute */
  find({ name, size, identity }: Recognizable): OllamaError | undefined {
    if (this.#clock.now() >= this.#until) return undefined;
    if ((this.#sizes.get(`${name} ${size()}`) ?? 0) <= this.#clock.now()) return undefined;
    const known = this.#known.get(digestOf(identity()));
    if (!known || this.#clock.now() >= known.until) return undefined;
    const { code, status, message } = known.error;
    return new OllamaError(code, `${message}; it is not tried again for a minute`, { status });
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
