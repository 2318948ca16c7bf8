/** Knows the GPUs and their free memory, as of the last time anybody asked for news. */
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { GpuDevice } from './gpu-device.ts';

export interface DeviceMonitorOptions {
  /** Asks the drivers; may throw. */
  readonly list: () => Promise<readonly GpuDevice[]>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class DeviceMonitor {
  readonly #options: DeviceMonitorOptions;
  #devices: readonly GpuDevice[] = [];
  /** Milliseconds since the epoch. */
  #listedAt = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(options: DeviceMonitorOptions) {
    this.#options = options;
  }

  /** The last snapshot; empty before the first `refresh()`. */
  get devices(): readonly GpuDevice[] {
    return this.#devices;
  }

  /**
   * Takes a new snapshot. Calls at the same time share one that begins after they came: the one already running may
   * have looked before the memory was given back that they ask about. Never rejects: when the list cannot be had, the
   * last snapshot stays.
   * @param maxAgeMs a snapshot that is at most this old will do
   */
  refresh(maxAgeMs = 0): Promise<void> {
    if (maxAgeMs > 0 && this.#options.clock.now() - this.#listedAt <= maxAgeMs) return Promise.resolve();
    if (this.#running === undefined) return this.#start();
    if (maxAgeMs > 0) return this.#running;
    this.#next ??= this.#running.then(() => this.#start());
    return this.#next;
  }

  #start(): Promise<void> {
    this.#next = undefined;
    this.#running = this.#list();
    return this.#running;
  }

  async #list(): Promise<void> {
    const { list, clock, logger } = this.#options;
    const startedAt = clock.now();
    try {
      this.#devices = await list();
      this.#listedAt = startedAt;
    } catch (error) {
      logger.warn('the GPUs cannot be asked for their free memory', { reason: messageOf(error) });
    } finally {
      this.#running = undefined;
    }
  }
}
