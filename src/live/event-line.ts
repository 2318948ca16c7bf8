import type { EngineEvent } from '../api/engine-events.ts';
import type { Clock } from '../base/clock.ts';
import { pause } from '../base/pause.ts';

/** Events that wait for one client. Whoever is further behind sees less, but nothing old. */
export const MOST_WAITING = 12;
/** Time between two events for one client: at most ten a second. */
export const EVENT_GAP_MS = 100;

/** The events for one client who watches. A slow one misses the oldest of them, and is told how many. */
export class EventLine {
  readonly #clock: Clock;
  #events: EngineEvent[] = [];
  #lost = 0;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  push(event: EngineEvent): void {
    // A newer state says all that an older one does.
    if (event.type === 'state') this.#events = this.#events.filter(({ type }) => type !== 'state');
    this.#events.push(event);
    if (this.#events.length > MOST_WAITING) {
      this.#events.shift();
      this.#lost++;
    }
    this.#wake?.();
  }

  /** Each event when its reader asks for it, until the signal is aborted. */
  async *read(signal: AbortSignal): AsyncGenerator<EngineEvent, void, undefined> {
    while (!signal.aborted) {
      const event = this.#take();
      if (!event) await this.#filled(signal);
      else {
        const due = this.#clock.now() + EVENT_GAP_MS;
        yield event;
        const wait = due - this.#clock.now();
        if (wait > 0) await pause(this.#clock, wait, signal).catch(() => undefined);
      }
    }
  }

  #take(): EngineEvent | undefined {
    if (this.#lost === 0) return this.#events.shift();
    const events = this.#lost;
    this.#lost = 0;
    return { type: 'lost', events };
  }

  #filled(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
      this.#wake = done;
    });
  }
}
