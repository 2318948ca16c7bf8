import type { FrameSender } from './frame-sender.ts';

/** Frequent enough for any sensible time limit in the parent, rare enough to cost nothing measurable. */
const INTERVAL_MS = 1000;

/**
 * Reports the number of computed steps to the parent at intervals, so that the parent can distinguish slow from stuck.
 */
export class Heartbeat {
  readonly #sender: Pick<FrameSender, 'send'>;
  readonly #now: () => number;
  #steps = 0;
  #sentAt: number;

  /** @param now returns milliseconds of a monotonic clock */
  constructor(sender: Pick<FrameSender, 'send'>, now: () => number = () => performance.now()) {
    this.#sender = sender;
    this.#now = now;
    this.#sentAt = now();
  }

  /** Must be called after every computation of the library. */
  step(): void {
    this.#steps++;
    const now = this.#now();
    if (now - this.#sentAt < INTERVAL_MS) return;
    this.#sentAt = now;
    this.#sender.send({ type: 'alive', steps: this.#steps });
  }
}
