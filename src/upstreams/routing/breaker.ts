import type { Clock } from '../../base/clock.ts';

/** So many failures one after another are no accident. */
const MAX_FAILURES = 3;
const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 5 * 60 * 1000;
/** An upstream cannot keep itself out of use for longer by a header. */
const LONGEST_RETRY_AFTER_MS = 60 * 60 * 1000;

export type BreakerState = 'closed' | 'open' | 'trying';

/** Keeps requests from an upstream that fails, and tries it again with one request after a pause that doubles. */
export class Breaker {
  readonly #clock: Pick<Clock, 'now'>;
  #failures = 0;
  #pauseMs = 0;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #isTrying = false;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  get state(): BreakerState {
    if (this.#pauseMs === 0) return 'closed';
    return this.waitMs > 0 ? 'open' : 'trying';
  }

  /** Milliseconds until a request may be tried; 0 = now. */
  get waitMs(): number {
    return Math.max(0, this.#pausedUntil - this.#clock.now());
  }

  /** Whether a request may be sent now. */
  get admits(): boolean {
    return this.waitMs === 0 && !(this.#pauseMs > 0 && this.#isTrying);
  }

  /** A request is sent. */
  began(): void {
    if (this.#pauseMs > 0) this.#isTrying = true;
  }

  /** @returns whether it was out of use until now */
  succeeded(): boolean {
    const wasOpen = this.#pauseMs > 0;
    this.#failures = 0;
    this.#pauseMs = 0;
    this.#isTrying = false;
    return wasOpen;
  }

  /** A request ended without saying anything about the upstream, such as one that its client canceled. */
  ended(): void {
    this.#isTrying = false;
  }

  /** @returns milliseconds for which it is out of use from now on; 0 = it stays in use */
  failed(): number {
    this.#failures++;
    this.#isTrying = false;
    if (this.#failures < MAX_FAILURES && this.#pauseMs === 0) return 0;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.#pauseMs * 2));
    this.#pausedUntil = this.#clock.now() + this.#pauseMs;
    return this.#pauseMs;
  }

  /** The upstream asks to be left alone. It works, so this is no failure. */
  rest(milliseconds: number): void {
    this.#isTrying = false;
    this.#pausedUntil = this.#clock.now() + Math.min(milliseconds, LONGEST_RETRY_AFTER_MS);
  }
}
