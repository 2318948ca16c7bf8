import type { RunLimits } from '../../access/limits/run-limits.ts';
import { RunAllowance } from '../limiting/run-allowance.ts';
import { type Observing, type RunStart, RunWatch } from './run-watch.ts';

/** Who is told of the runs, and what limits them. */
export interface Watching extends Observing {
  /** Limits of the keys; absent = there are none. */
  readonly limits?: Pick<RunLimits, 'enter'>;
}

/** Runs something that has its whole result at once, and tells the observers of it. */
export async function watched<Result>(
  start: RunStart,
  watching: Watching,
  run: (watch: RunWatch, allowance: RunAllowance) => Promise<Result>,
): Promise<Result> {
  const watch = new RunWatch(start, watching);
  const allowance = new RunAllowance(watching.limits, start.caller);
  try {
    return await run(watch, allowance);
  } catch (error) {
    if (start.caller.movesOn?.(error)) watch.moved();
    watch.failed(error);
    throw error;
  } finally {
    allowance.end(watch.usedTokens);
    watch.end();
  }
}
