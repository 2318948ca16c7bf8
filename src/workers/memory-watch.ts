import { readFile } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import { KIB, MIB } from '../base/units.ts';
import { MEMORY_WATCH_MS } from './limits.ts';

/**
 * Looks again and again at how much memory a process has, where the system reports it (Linux).
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

/** @returns undefined where the system does not report it, and for a process that has exited */
async function residentBytes(pid: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * KIB;
  } catch {
    return undefined;
  }
}
