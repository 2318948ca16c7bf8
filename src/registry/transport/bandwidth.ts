import type { Clock } from '../../base/clock.ts';
import { pause } from '../../base/pause.ts';

/** Allows a burst of a quarter of a second: smooth, without a wait for each chunk. */
const BURST_MS = 250;
/** Longest single sleep, so that whoever watches for silence hears from us. */
const MAX_SLEEP_MS = 5000;

/** A token bucket: a number of bytes per second, with a short burst. Pure: time is an argument. */
export class TokenBucket {
  #tokens = 0;
  #filledAt: number | undefined;

  /**
   * Takes the bytes, on credit if necessary.
   * @param rate bytes per second; 0 = no limit
   * @returns milliseconds to wait before the next call
   */
  take(bytes: number, rate: number, now: number): number {
    if (rate <= 0) {
      this.#filledAt = undefined;
      return 0;
    }
    const burst = (rate * BURST_MS) / 1000;
    const elapsed = this.#filledAt === undefined ? BURST_MS : Math.max(0, now - this.#filledAt);
    const before = this.#filledAt === undefined ? 0 : this.#tokens;
    this.#filledAt = now;
    this.#tokens = Math.min(burst, before + (elapsed * rate) / 1000) - bytes;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / rate) * 1000;
  }
}

/** The bandwidth limit that all pulls of a server share. */
export class Bandwidth {
  readonly #bucket = new TokenBucket();
  readonly #rate: () => number;
  readonly #clock: Clock;
  readonly #onBytes: (bytes: number) => void;

  /**
   * @param rate returns bytes per second, called each time; 0 = no limit
   * @param onBytes is told of all bytes
   */
  constructor(rate: () => number, clock: Clock, onBytes: (bytes: number) => void = () => undefined) {
    this.#rate = rate;
    this.#clock = clock;
    this.#onBytes = onBytes;
  }

  /**
   * Waits until the bytes fit into the limit.
   * @param onWait called every few seconds during the wait
   * @throws OllamaError `canceled`
   */
  async spend(bytes: number, signal: AbortSignal, onWait: () => void): Promise<void> {
    this.#onBytes(bytes);
    let left = this.#bucket.take(bytes, this.#rate(), this.#clock.now());
    while (left > 0) {
      const sleep = Math.min(left, MAX_SLEEP_MS);
      await pause(this.#clock, sleep, signal);
      left -= sleep;
      onWait();
    }
  }
}
