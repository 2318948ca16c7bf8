import type { Clock } from '../base/clock.ts';
import { MIB } from '../base/units.ts';
import { residentBytes } from '../platform/process-memory.ts';
import { MEMORY_WATCH_MS } from './limits.ts';

/**
 * Looks again and again at how much memory a process has, where the system reports it (Linux and Windows).
 * @param limitMb megabytes; undefined = no limit
 * @param onExcess called at most once
 * @returns a function that ends the watch
 */
export function watchMemory(
  clock: Pick<Clock, 'after'>,
  pid: number | undefined,
  limitMb: number | undefined,
  onExcess: () => void,
): () => void {
  if (pid === undefined || limitMb === undefined) return () => undefined;
  let isEnded = false;
  let cancel: (() => void) | undefined;
  const look = async () => {
    const bytes = await residentBytes(pid);
    if (isEnded || bytes === undefined) return;
    if (bytes > limitMb * MIB) onExcess();
    else cancel = clock.after(MEMORY_WATCH_MS, () => void look());
  };
  cancel = clock.after(MEMORY_WATCH_MS, () => void look());
  return () => {
    isEnded = true;
    cancel?.();
  };
}
