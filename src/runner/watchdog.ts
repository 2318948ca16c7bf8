import type { Clock } from '../base/clock.ts';

/**
 * Number of checks per time limit. Only checks count: when the whole machine or this process is suspended for a while,
 * a single check is late, and the runner is not blamed for it.
 */
const LOOKS = 8;

export interface WatchdogOptions {
  /** Infinity = never. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Called once per hang. */
  readonly onHang: () => void;
}

/** Detects that a runner with work has made no progress for too long. */
export class Watchdog {
  readonly #options: WatchdogOptions;
  #looksWithoutProgress = 0;
  #cancelTimer: (() => void) | undefined;
  #excuses = 0;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** Must be called whenever work begins or ends. */
  setBusy(busy: boolean): void {
    const isWatching = this.#cancelTimer !== undefined;
    if (busy === isWatching) return;
    if (busy) this.#watch();
    else this.#stop();
  }

  progress(): void {
    this.#looksWithoutProgress = 0;
  }

  /** The runner may be waiting for this work of ours: until it has settled, no time counts. */
  async excuse<T>(work: Promise<T>): Promise<T> {
    this.#excuses += 1;
    try {
      return await work;
    } finally {
      this.#excuses -= 1;
      this.progress();
    }
  }

  #watch(): void {
    const { timeoutMs, clock } = this.#options;
    if (timeoutMs === Number.POSITIVE_INFINITY) return;
    this.#looksWithoutProgress = 0;
    const look = () => {
      if (this.#excuses > 0 || ++this.#looksWithoutProgress < LOOKS) {
        this.#cancelTimer = clock.after(timeoutMs / LOOKS, look);
        return;
      }
      this.#cancelTimer = undefined;
      this.#options.onHang();
    };
    this.#cancelTimer = clock.after(timeoutMs / LOOKS, look);
  }

  #stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
