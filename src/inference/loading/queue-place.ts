import type { QueueProgress } from '../../api/common.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';

/** What a run waits for now. @returns undefined when it does not wait, or nobody knows */
export function queuePlace(
  run: number | undefined,
  scheduler: Partial<Pick<Scheduler, 'waiting' | 'running'>>,
): QueueProgress | undefined {
  if (run === undefined) return undefined;
  const line = scheduler.waiting?.() ?? [];
  const index = line.findIndex((waiting) => waiting.run === run);
  const own = line[index];
  if (!own) return undefined;
  const progress = { position: index + 1, waits_for: own.reason };
  if (own.reason !== 'load') return progress;
  const loading = scheduler.running?.().find(({ key, loading: isLoading }) => isLoading && key === own.key);
  return { ...progress, load_fraction: loading?.loadedFraction ?? 0 };
}
