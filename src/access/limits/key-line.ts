import { createDeferred, type Deferred } from '../../base/deferred.ts';
import { orCanceled } from '../../base/or-canceled.ts';

/** Enough for every program that sends its requests at once, yet too few to fill the memory with their bodies. */
export const MAX_WAITING = 128;

/** A run that has begun. `end` must lead to a call of `leave`. */
interface Run {
  end(): void;
}

/**
 * Tries to begin a run. @returns `wait` if it must be tried again when another run of the key has ended
 * @throws whatever the waiting client gets
 */
type Attempt<Begun extends Run> = () => Begun | 'wait';

/** A run that waits. */
export interface WaitingRun {
  readonly priority: number;
  /** By the clock for durations. */
  readonly since: number;
}

interface Waiting extends WaitingRun {
  readonly tryToBegin: () => 'begun' | 'refused' | 'wait';
}

/**
 * The runs of one key that wait for its limits: by priority, then by arrival. They do not stand in the line of a model, where
 * they would be in the way of other keys.
 */
export class KeyLine {
  /** Number of runs that may proceed at the same time; changes with the key. */
  limit: number;
  readonly #waiting: Waiting[] = [];
  #running = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get isIdle(): boolean {
    return this.#running === 0 && this.#waiting.length === 0;
  }

  get waiting(): readonly WaitingRun[] {
    return this.#waiting;
  }

  /**
   * Waits until a run may begin; call `leave` when it ends.
   * @throws OllamaError `canceled`; the errors of the attempt
   */
  async enter<Begun extends Run>(
    attempt: Attempt<Begun>,
    { priority, since, signal }: WaitingRun & { readonly signal: AbortSignal },
  ): Promise<Begun> {
    const run = createDeferred<Begun>();
    const own = { priority, since, tryToBegin: () => tryToBegin(run, attempt) };
    const before = this.#waiting.findIndex((other) => other.priority < priority);
    this.#waiting.splice(before < 0 ? this.#waiting.length : before, 0, own);
    this.proceed();
    try {
      return await orCanceled(run.promise, signal);
    } catch (error) {
      const place = this.#waiting.indexOf(own);
      if (place >= 0) {
        this.#waiting.splice(place, 1);
        // It may have been in the way of the others.
        this.proceed();
      } else {
        // Its turn may have come when its client had just gone.
        run.promise.then(
          (begun) => begun.end(),
          () => undefined,
        );
      }
      throw error;
    }
  }

  leave(): void {
    this.#running -= 1;
    this.proceed();
  }

  /** Lets those begin that can. Nobody overtakes the first one, because a long prompt would wait forever then. */
  proceed(): void {
    while (this.#running < this.limit) {
      const [next] = this.#waiting;
      if (!next) return;
      const outcome = next.tryToBegin();
      if (outcome === 'wait') return;
      if (outcome === 'begun') this.#running += 1;
      this.#waiting.shift();
    }
  }
}

function tryToBegin<Begun extends Run>(run: Deferred<Begun>, attempt: Attempt<Begun>) {
  try {
    const begun = attempt();
    if (begun === 'wait') return 'wait';
    run.resolve(begun);
    return 'begun';
  } catch (error) {
    run.reject(error);
    return 'refused';
  }
}
