import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { DayFile } from './day-file.ts';
import { RunLimits } from './run-limits.ts';

/** The limits of keys, and what ends them: `close` writes what was used today. */
export interface OpenLimits {
  readonly limits: RunLimits;
  close(): Promise<void>;
}

/**
 * Begins with what the keys have used today; never rejects.
 * @param path of the file that keeps it
 */
export async function openLimits(path: string, parts: { clock: Clock; logger: Logger }): Promise<OpenLimits> {
  const limits = new RunLimits(parts.clock, () => file.changed());
  const file = new DayFile({ path, budgets: limits.budgets, ...parts });
  await file.load();
  return { limits, close: () => file.close() };
}
