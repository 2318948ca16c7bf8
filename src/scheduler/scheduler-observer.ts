import type { EngineFigures } from '../protocol/engine-figures.ts';
import type { HeldReport } from '../protocol/held-report.ts';
import type { StepReport } from '../protocol/step-report.ts';
import type { RunnerExit } from '../runner/runner.ts';

type LoadResult = 'loaded' | 'failed' | 'canceled';

/** Is told what happens to the runners, each by the name under which its model was loaded. Must return quickly and not throw. */
export interface SchedulerObserver {
  /** A load has ended after this time. */
  loadEnded(model: string, result: LoadResult, milliseconds: number): void;
  /** A model is unloaded because another needs its memory. */
  evicted(model: string): void;
  /** A process has exited although nobody asked it to. */
  died(model: string, exit: Pick<RunnerExit, 'code' | 'signal'>): void;
  /** A child reports what it has counted since its last report. */
  counted(model: string, figures: EngineFigures): void;
  /** A child whose steps are watched reports them. @param runner ID of its instance */
  stepped?(runner: number, report: StepReport): void;
  /** A child reports what has changed in its caches. @param runner ID of its instance */
  held?(runner: number, model: string, report: HeldReport): void;
  /** A process has exited. @param runner ID of its instance */
  exited?(runner: number): void;
}

export const noObserver: SchedulerObserver = {
  loadEnded: () => undefined,
  evicted: () => undefined,
  died: () => undefined,
  counted: () => undefined,
};
