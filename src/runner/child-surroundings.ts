import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { EngineFigures } from '../protocol/engine-figures.ts';
import type { HeldReport } from '../protocol/held-report.ts';
import type { RunnerFacts } from '../protocol/load.ts';
import type { StepReport } from '../protocol/step-report.ts';

/** Is told how the load of a child goes on. */
export interface LoadWatcher {
  progress(fraction: number): void;
  ready(facts: RunnerFacts): void;
  failed(error: unknown): void;
}

/** What a child's handle needs beside the process. */
export interface ChildSurroundings {
  /** Maximum time in milliseconds that a runner with work may go without progress; Infinity = no limit. */
  readonly hangTimeoutMs: number;
  readonly clock: Clock;
  /** Bytes that can be allocated now, for error messages. */
  readonly availableMemoryBytes?: (() => number) | undefined;
  readonly logger: Logger;
  /** Called with what the child has counted since the last call. */
  readonly onFigures?: ((figures: EngineFigures) => void) | undefined;
  /** Called with what the child has computed since the last call, while its steps are watched. */
  readonly onSteps?: ((report: StepReport) => void) | undefined;
  /** Called with what has changed in its caches since the last call, if the load asks for that. */
  readonly onHeld?: ((report: HeldReport) => void) | undefined;
}
