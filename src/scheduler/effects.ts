import type { LoadOptions } from '../protocol/load.ts';
import type { Runner } from '../runner/runner.ts';
import type { FreeMemory } from './memory/memory-pools.ts';

/** Everything the scheduler does to the world. */
export interface Effects {
  /**
   * Starts a runner. An aborted signal must end the child process before the promise rejects.
   * @param onProgress is told the fraction of the weights that is loaded, 0 to 1
   * @throws OllamaError `load-failed`
   */
  load(plan: LoadOptions, signal: AbortSignal, onProgress: (fraction: number) => void): Promise<Runner>;
  /** As of the last look at the devices. */
  freeMemory(): FreeMemory;
  /**
   * Looks at the devices anew; never rejects.
   * @param maxAgeMs a look that is at most this old will do
   * @returns undefined when there is nothing to wait for
   */
  refreshDevices(maxAgeMs?: number): Promise<void> | undefined;
}
