/** Once a day, adds up what was written two days ago and before, and removes what is too old. */
import { join } from 'node:path';
import type { TakeLock } from '../base/files/take-lock.ts';
import { removeLeftovers } from '../base/leftovers.ts';
import { mergeFiles } from './merge-files.ts';
import { addDays, lastDayOf } from './usage-day.ts';
import { listUsageFiles, monthName, type UsageFile } from './usage-files.ts';
import { KEPT_DAYS } from './usage-query.ts';

/** No process adds to the files of a day after the following day, unless it was stopped while it wrote. */
const SETTLED_DAYS = 2;
/** Writing a file takes seconds at most. */
const LEFTOVER_MS = 60 * 60 * 1000;

export interface TidyParts {
  readonly folder: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** In UTC. */
  readonly today: string;
  readonly lock: TakeLock;
}

/**
 * @returns whether this process did it, or had nothing to do
 * @throws OllamaError `storage-full`, `storage-read-only`; system errors
 */
export async function tidyUsage({ folder, now, today, lock }: TidyParts): Promise<boolean> {
  if (planOf(await listUsageFiles(folder), today).size === 0) return true;
  const release = await lock(join(folder, 'merging.lock'));
  if (!release) return false;
  try {
    await removeLeftovers(folder, now - LEFTOVER_MS);
    const files = await listUsageFiles(folder);
    const firstDay = firstKeptDay(files, today);
    for (const [month, sources] of planOf(files, today)) {
      await mergeFiles({ folder, target: monthName(month), sources, isPast: true, firstDay });
    }
  } finally {
    await release();
  }
  return true;
}

/** The months that change, with the files that are added to them. */
function planOf(files: readonly UsageFile[], today: string): Map<string, UsageFile[]> {
  const plan = new Map<string, UsageFile[]>();
  const firstDay = firstKeptDay(files, today);
  const lastSettled = addDays(today, -SETTLED_DAYS);
  for (const file of files) {
    const { day, month } = file;
    const isSettled = day !== undefined && day <= lastSettled;
    const isOld = day === undefined && `${month}-01` < firstDay;
    if (!isSettled && !isOld) continue;
    const sources = plan.get(month) ?? [];
    plan.set(month, sources);
    if (isSettled) sources.push(file);
  }
  return plan;
}

/**
 * Counts from the newest day before today that has usage, so that a clock that was set far ahead for a moment does not
 * remove everything.
 */
function firstKeptDay(files: readonly UsageFile[], today: string): string {
  const ends = files.map(({ day, month }) => day ?? lastDayOf(month));
  const newest = ends
    .filter((day) => day < today)
    .sort()
    .at(-1);
  return newest === undefined ? '' : addDays(newest, 2 - KEPT_DAYS);
}
