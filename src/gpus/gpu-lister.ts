/** Lists the GPUs that the installed backends can reach, and skips a backend whose driver is broken. */
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { DeviceReport } from '../protocol/devices.ts';
import { chooseGpus, type FoundDevices } from './gpu-choice.ts';
import type { GpuDevice } from './gpu-device.ts';

export interface GpuListerOptions {
  /**
   * Folders of the libraries, best first; read at each listing because backends can be installed and removed meanwhile.
   */
  readonly folders: () => readonly string[];
  readonly list: (folder: string) => Promise<DeviceReport>;
  /** Whether integrated GPUs may be used. */
  readonly integrated: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * How long to skip a driver that crashed or hung: it would probably do so again, and each load would wait half a minute
 * for it.
 */
const RETRY_MS = 10 * 60_000;

/** The returned function never rejects: a backend that fails has no devices, and the log says why. */
export function createGpuLister(options: GpuListerOptions): () => Promise<readonly GpuDevice[]> {
  const { clock, logger } = options;
  /** When to query a folder again, in milliseconds of the clock. */
  const retryAt = new Map<string, number>();
  const reported = new Set<string>();

  const warnOnce = (folder: string, problems: readonly string[]) => {
    const key = `${folder} ${problems.join()}`;
    if (problems.length === 0 || reported.has(key)) return;
    reported.add(key);
    logger.warn('a GPU backend is installed but cannot be used; its GPUs are ignored', { folder, problems });
  };

  const ask = async (folder: string): Promise<FoundDevices> => {
    const nothing = { folder, devices: [] };
    if (clock.now() < (retryAt.get(folder) ?? 0)) return nothing;
    try {
      const { devices, problems } = await options.list(folder);
      warnOnce(folder, problems);
      return { folder, devices };
    } catch (error) {
      retryAt.set(folder, clock.now() + RETRY_MS);
      logger.warn(
        'unable to list the devices of a GPU backend; they are not used, and the next attempt is in 10 minutes',
        {
          folder,
          reason: messageOf(error),
        },
      );
      return nothing;
    }
  };

  return async () => chooseGpus(await Promise.all(options.folders().map(ask)), options);
}
