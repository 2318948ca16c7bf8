import type { Clock } from '../../src/base/clock.ts';

/** Any time since the start of a machine. */
const BEGIN_MS = 5000;

/** Time that advances only when a test advances it; callbacks run in the order in which they are due. */
export class FakeClock implements Clock {
  #now = BEGIN_MS;
  /** The time of day at zero. */
  #startDate = Date.UTC(2024, 0, 1);
  readonly #timers = new Set<{ due: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }

  date(): number {
    return this.#startDate + this.#now;
  }

  /** Sets the time of day, as an administrator or a time server does. */
  setDate(date: number): void {
    this.#startDate = date - this.#now;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { due: this.#now + milliseconds, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].sort((left, right) => left.due - right.due);
      if (!next || next.due > end) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
    }
    this.#now = end;
  }
}
