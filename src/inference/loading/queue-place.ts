import type { QueueProgress } from '../../api/common.ts';
import type { Clock } from '../../base/clock.ts';
import type { QueuedAcquire, Scheduler } from '../../scheduler/scheduler.ts';

/**
 * How long one look at the line serves all waiting runs, in milliseconds. If each looked for itself, the work would grow with
 * the square of their number.
 */
const LOOK_MS = 100;

interface Place {
  readonly position: number;
  readonly own: QueuedAcquire;
}

/** What runs wait for. */
export class QueuePlaces {
  readonly #scheduler: Partial<Pick<Scheduler, 'waiting' | 'running'>>;
  readonly #clock: Pick<Clock, 'now'>;
  #places: ReadonlyMap<number, Place> = new Map();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(scheduler: Partial<Pick<Scheduler, 'waiting' | 'running'>>, clock: Pick<Clock, 'now'>) {
    this.#scheduler = scheduler;
    this.#clock = clock;
  }

  /** @returns undefined when the run does not wait, or nobody knows */
  of(run: number | undefined): QueueProgress | undefined {
    if (run === undefined) return undefined;
    const { position, own } = this.#look().get(run) ?? {};
    if (position === undefined || !own) return undefined;
    const progress = { position, waits_for: own.reason };
    if (own.reason !== 'load') return progress;
    const running = this.#scheduler.running?.() ?? [];
    const loading = running.find(({ key, loading: isLoading }) => isLoading && key === own.key);
    return { ...progress, load_fraction: loading?.loadedFraction ?? 0 };
  }

  #look(): ReadonlyMap<number, Place> {
    const now = this.#clock.now();
    if (now - this.#lookedAt < LOOK_MS) return this.#places;
    const line = this.#scheduler.waiting?.() ?? [];
    const places = line.flatMap((own, index): [number, Place][] =>
      own.run === undefined ? [] : [[own.run, { position: index + 1, own }]],
    );
    this.#places = new Map(places);
    this.#lookedAt = now;
    return this.#places;
  }
}
