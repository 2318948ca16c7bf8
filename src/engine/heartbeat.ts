import type { FrameSender } from './frame-sender.ts';

/** Often enough for any sensible time limit of the parent, too seldom to cost anything. */
const INTERVAL_MS = 1000;

/** Tells the parent now and then how many steps were computed, so that it can tell slow from stuck. */
export class Heartbeat {
  readonly #sender: Pick<FrameSender, 'send'>;
  readonly #now: () => number;
  #steps = 0;
  #sentAt: number;

  /** @param now milliseconds of a clock that never goes back */
  constructor(sender: Pick<FrameSender, 'send'>, now: () => number = () => performance.now()) {
    this.#sender = sender;
    this.#now = now;
    this.#sentAt = now();
  }

  /** To be called after every computation of the library. */
  step(): void {
    this.#steps++;
    const now = this.#now();
    if (now - this.#sentAt < INTERVAL_MS) return;
    this.#sentAt = now;
    this.#sender.send({ type: 'alive', steps: this.#steps });
  }
}
