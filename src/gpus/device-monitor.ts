/** Keeps the list of GPUs and their free memory, as of the last refresh. */
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { GpuDevice } from './gpu-device.ts';

export interface DeviceMonitorOptions {
  /** Queries the drivers; may throw. */
  readonly list: () => Promise<readonly GpuDevice[]>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class DeviceMonitor {
  readonly #options: DeviceMonitorOptions;
  #devices: readonly GpuDevice[] = [];
  /** Milliseconds of the clock. */
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
   * Takes a new snapshot. Concurrent calls share one that begins after they were made: the one already running may have
   * read the free memory before it was released. Never rejects: when listing fails, the last snapshot is kept.
   * @param maxAgeMs maximum age of a snapshot that is reused instead
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
      logger.warn('unable to query the free memory of the GPUs; using the last known values', {
        reason: messageOf(error),
      });
    } finally {
      this.#running = undefined;
    }
  }
}
