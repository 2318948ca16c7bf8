import type { LoadOptions } from '../protocol/load.ts';
import type { Runner } from '../runner/runner.ts';
import type { FreeMemory } from './memory/memory-pools.ts';

/** Everything that the scheduler does outside itself. */
export interface Effects {
  /**
   * Starts a runner. An aborted signal must end the child process before the promise rejects.
   * @param onProgress receives the fraction of the weights that is loaded, from 0 to 1
   * @throws OllamaError `load-failed`
   */
  load(plan: LoadOptions, signal: AbortSignal, onProgress: (fraction: number) => void): Promise<Runner>;
  /** The free memory as of the last query of the devices. */
  freeMemory(): FreeMemory;
  /**
   * Queries the devices again. Never rejects.
   * @param maxAgeMs reuse the last query if it is at most this old, in milliseconds
   * @returns undefined when there is nothing to wait for
   */
  refreshDevices(maxAgeMs?: number): Promise<void> | undefined;
}
