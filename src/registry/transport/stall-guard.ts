import type { Clock } from '../../base/clock.ts';

/** A signal that fires when nothing was received for the timeout, or when the caller's own signal fires. */
export class StallGuard {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #parent: AbortSignal | undefined;
  readonly #onParentAbort = () => this.#controller.abort(this.#parent?.reason);
  #lastHeard: number;
  #cancelTimer: () => void = () => undefined;
  #stalled = false;

  constructor(clock: Clock, timeoutMs: number, parent: AbortSignal | undefined) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#parent = parent;
    this.#lastHeard = clock.now();
    if (parent?.aborted) this.#onParentAbort();
    else parent?.addEventListener('abort', this.#onParentAbort, { once: true });
    this.#watch(timeoutMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get stalled(): boolean {
    return this.#stalled;
  }

  /** Notes that something was received. Sets no timer, so it may be called for every chunk. */
  heard(): void {
    this.#lastHeard = this.#clock.now();
  }

  /** Ends the watch, and cancels a response that was not read completely. */
  close(): void {
    this.#cancelTimer();
    this.#controller.abort();
    this.#parent?.removeEventListener('abort', this.#onParentAbort);
  }

  #watch(delayMs: number): void {
    this.#cancelTimer = this.#clock.after(delayMs, () => {
      const left = this.#lastHeard + this.#timeoutMs - this.#clock.now();
      if (left > 0) return this.#watch(left);
      this.#stalled = true;
      this.#controller.abort();
    });
  }
}
