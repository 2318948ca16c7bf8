/** Lists the GPUs that the installed backends reach, and passes over a backend whose driver is broken. */
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { DeviceReport } from '../protocol/devices.ts';
import { chooseGpus, type FoundDevices } from './gpu-choice.ts';
import type { GpuDevice } from './gpu-device.ts';

export interface GpuListerOptions {
  /** Folders of the libraries, best first; asked for at each listing, as backends come and go. */
  readonly folders: () => readonly string[];
  readonly list: (folder: string) => Promise<DeviceReport>;
  /** Integrated GPUs may be used. */
  readonly integrated: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A driver that crashes or hangs once will do so again, and nobody wants to wait half a minute for each load. */
const RETRY_MS = 10 * 60_000;

/** The returned function never rejects: a backend that fails has no devices, and the log says why. */
export function createGpuLister(options: GpuListerOptions): () => Promise<readonly GpuDevice[]> {
  const { clock, logger } = options;
  /** When to ask a folder again: milliseconds since the epoch. */
  const retryAt = new Map<string, number>();
  const reported = new Set<string>();

  const warnOnce = (folder: string, problems: readonly string[]) => {
    const key = `${folder} ${problems.join()}`;
    if (problems.length === 0 || reported.has(key)) return;
    reported.add(key);
    logger.warn('a GPU backend is installed but cannot be used', { folder, problems });
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
      logger.warn('a GPU backend does not answer, its devices are not used', {
        folder,
        reason: messageOf(error),
      });
      return nothing;
    }
  };

  return async () => chooseGpus(await Promise.all(options.folders().map(ask)), options);
}
