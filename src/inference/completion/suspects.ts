import { createHash } from 'node:crypto';
import { OllamaError } from '../../base/errors.ts';
import { LruCache } from '../../base/lru-cache.ts';
import { SuspectError } from '../../runner/suspicion.ts';

/** Long enough that a client's own retries are over, short enough that a wrong suspicion does not last. */
const REMEMBERED_MINUTES = 10;
const MILLISECONDS_PER_MINUTE = 60_000;
/** Requests remembered; each takes about 200 bytes. */
const MAX_SUSPECTS = 1000;
/** Three thirds may add up to a little less than 1. */
const CERTAIN = 0.999;

/** What distinguishes a request from others. */
export interface Suspect {
  /** The model's digest, and whatever else decides how it is loaded. */
  readonly modelKey: string;
  readonly request: object;
  /** The grammar that the user wrote, if there is one. */
  readonly grammar: string | undefined;
}

interface Suspicion {
  readonly sum: number;
  /** In milliseconds, of the clock. */
  readonly until: number;
}

/**
 * Remembers requests that made a runner hang or crash, so that the same request does not end the next runner, for all of
 * its clients. Without any such request, it costs nothing.
 */
export class Suspects {
  readonly #now: () => number;
  readonly #suspicions = new LruCache<string, Suspicion>(MAX_SUSPECTS);
  /** When the last suspicion ends. */
  #until = Number.NEGATIVE_INFINITY;

  /** @param now returns milliseconds of a monotonic clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @throws OllamaError `overrun` for a request that certainly made a runner hang or crash */
  require(suspect: Suspect): void {
    if (this.#now() >= this.#until) return;
    for (const digest of digestsOf(suspect)) {
      const suspicion = digest === undefined ? undefined : this.#suspicions.get(digest);
      if (!suspicion || suspicion.until <= this.#now() || suspicion.sum < CERTAIN) continue;
      const message = `the same request made the model runner hang or crash before, so it is refused for ${REMEMBERED_MINUTES} minutes: change its prompt, its options or its grammar`;
      throw new OllamaError('overrun', message);
    }
  }

  /** Must be called with every failure of a request. */
  note(suspect: Suspect, error: unknown): void {
    if (!(error instanceof SuspectError)) return;
    const [whole, grammar] = digestsOf(suspect);
    // A grammar takes as long with any other prompt.
    const digest = error.code === 'overrun' && grammar !== undefined ? grammar : whole;
    const known = this.#suspicions.get(digest);
    const before = known && known.until > this.#now() ? known.sum : 0;
    const until = this.#now() + REMEMBERED_MINUTES * MILLISECONDS_PER_MINUTE;
    this.#suspicions.set(digest, { sum: before + error.suspicion, until });
    this.#until = until;
  }
}

function digestsOf({ modelKey, request, grammar }: Suspect): [whole: string, grammar: string | undefined] {
  // How the answer is delivered, and who shares it, makes no difference to the runner.
  const whole = digestOf([
    modelKey,
    { ...request, stream: undefined, keep_alive: undefined, cache_salt: undefined },
  ]);
  return [whole, grammar === undefined ? undefined : digestOf([modelKey, 'grammar', grammar])];
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64');
}
