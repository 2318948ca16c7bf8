/** Knows the GPUs and their free memory, as of the last time anybody asked for news. */
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { GpuDevice } from '../scheduler/gpu-device.ts';

/** Asks the drivers; may throw. */
export type DeviceLister = () => Promise<readonly GpuDevice[]>;

export interface DeviceMonitorOptions {
  readonly list: DeviceLister;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A snapshot this young is as good as a new one: several loads that start together ask the drivers once. */
const FRESH_MS = 100;

export class DeviceMonitor {
  readonly #options: DeviceMonitorOptions;
  #devices: readonly GpuDevice[] = [];
  /** Milliseconds since the epoch. */
  #listedAt = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  /** Begins when the running one is over, since that may have looked before what happened in between. */
  #next: Promise<void> | undefined;

  constructor(options: DeviceMonitorOptions) {
    this.#options = options;
  }

  /** The last snapshot; empty before the first `refresh()`. */
  get devices(): readonly GpuDevice[] {
    return this.#devices;
  }

  /**
   * Takes a snapshot that is not older than this call, but for a tenth of a second; calls at the same time share one.
   * Never rejects: when the drivers do not answer, the last snapshot stays.
   */
  refresh(): Promise<void> {
    if (this.#running) {
      this.#next ??= this.#running.then(() => this.#start());
      return this.#next;
    }
    return this.#start();
  }

  #start(): Promise<void> {
    this.#next = undefined;
    if (this.#options.clock.now() - this.#listedAt < FRESH_MS) return Promise.resolve();
    this.#running = this.#list().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #list(): Promise<void> {
    const { list, clock, logger } = this.#options;
    try {
      this.#devices = await list();
      this.#listedAt = clock.now();
    } catch (error) {
      logger.warn('the GPUs cannot be asked for their free memory', { reason: messageOf(error) });
    }
  }
}
