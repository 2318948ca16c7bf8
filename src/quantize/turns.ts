import { createDeferred } from '../base/deferred.ts';
import { OllamaError, throwIfCanceled } from '../base/errors.ts';
import { FairLine } from '../workers/fair-line.ts';

/** Turns that may be left for a while at the same time: each may have a process of two gigabytes. */
const MAX_ASIDE = 2;

export interface Turn {
  /** Whether another turn comes before this one. */
  readonly mustWait: boolean;
  /** Resolves when it is this turn. @throws OllamaError `canceled` */
  wait(signal: AbortSignal): Promise<void>;
  /** Lets others go first until `stepBack`. @returns false when this must go on, because enough others have stepped aside */
  stepAside(): boolean;
  /** Resolves when it is this turn again, which comes before those who have not begun. @throws OllamaError `canceled` */
  stepBack(signal: AbortSignal): Promise<void>;
  /** Call this once, even when `wait` did not complete. */
  release(): void;
}

interface Place {
  readonly owner: string;
  state: 'waiting' | 'active' | 'aside' | 'returning';
  /** Calls when the place becomes active. */
  begin: () => void;
}

/** Grants turns one at a time. Owners take turns; those of one owner are granted in the order in which they were taken. */
export class Turns {
  /** An owner whose turn is aside gets no other one meanwhile. */
  readonly #line = new FairLine<Place>(1);
  readonly #returning: Place[] = [];
  #active: Place | undefined;
  #aside = 0;

  take(owner = ''): Turn {
    const granted = createDeferred<void>();
    const place: Place = { owner, state: 'waiting', begin: () => granted.resolve() };
    this.#line.add(place);
    this.#next();
    return {
      mustWait: place.state === 'waiting',
      wait: (signal) => untilCanceled(granted.promise, signal),
      stepAside: () => this.#stepAside(place),
      stepBack: (signal) => this.#stepBack(place, signal),
      release: () => this.#release(place),
    };
  }

  #next(): void {
    if (this.#active) return;
    const next = this.#returning.shift() ?? this.#line.take();
    if (!next) return;
    if (next.state === 'returning') this.#aside -= 1;
    next.state = 'active';
    this.#active = next;
    next.begin();
  }

  #stepAside(place: Place): boolean {
    if (place.state !== 'active' || this.#aside >= MAX_ASIDE) return false;
    place.state = 'aside';
    this.#aside += 1;
    this.#active = undefined;
    this.#next();
    return true;
  }

  async #stepBack(place: Place, signal: AbortSignal): Promise<void> {
    if (place.state !== 'aside') return;
    const granted = createDeferred<void>();
    place.state = 'returning';
    place.begin = () => granted.resolve();
    this.#returning.push(place);
    this.#next();
    await untilCanceled(granted.promise, signal);
  }

  #release(place: Place): void {
    if (place.state === 'waiting') {
      this.#line.remove(place);
      return;
    }
    if (place.state === 'active') this.#active = undefined;
    else this.#aside -= 1;
    const index = this.#returning.indexOf(place);
    if (index >= 0) this.#returning.splice(index, 1);
    this.#line.finished(place);
    this.#next();
  }
}

async function untilCanceled(granted: Promise<void>, signal: AbortSignal): Promise<void> {
  throwIfCanceled(signal);
  const canceled = createDeferred<never>();
  const onAbort = () => canceled.reject(new OllamaError('canceled', 'request canceled'));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([granted, canceled.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
