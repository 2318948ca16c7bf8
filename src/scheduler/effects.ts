import type { EngineFigures } from '../protocol/engine-figures.ts';
import type { HeldReport } from '../protocol/held-report.ts';
import type { LoadOptions } from '../protocol/load.ts';
import type { StepReport } from '../protocol/step-report.ts';
import type { Runner } from '../runner/runner.ts';
import type { FreeMemory } from './memory/memory-pools.ts';

/** Is told what a child reports of itself. */
interface ProcessWatcher {
  /** Receives the fraction of the weights that is loaded, from 0 to 1. */
  readonly onProgress: (fraction: number) => void;
  readonly onFigures: (figures: EngineFigures) => void;
  readonly onSteps: (report: StepReport) => void;
  readonly onHeld: (report: HeldReport) => void;
}

/** Everything that the scheduler does outside itself. */
export interface Effects {
  /**
   * Starts a runner. An aborted signal must end the child process before the promise rejects.
   * @param watcher is told of the load's progress, and later of what the child counts
   * @throws OllamaError `load-failed`
   */
  load(plan: LoadOptions, signal: AbortSignal, watcher: ProcessWatcher): Promise<Runner>;
  /** The free memory as of the last query of the devices. */
  freeMemory(): FreeMemory;
  /**
   * Queries the devices again. Never rejects.
   * @param maxAgeMs reuse the last query if it is at most this old, in milliseconds
   * @returns undefined when there is nothing to wait for
   */
  refreshDevices(maxAgeMs?: number): Promise<void> | undefined;
}
