import { readFile } from 'node:fs/promises';
import { KIB } from '../base/units.ts';
import { windowsWorkingSet } from './windows/kernel.ts';

/**
 * Bytes of a process that are in memory, from Linux and Windows. macOS tells them only by starting a program each time.
 * @returns undefined where the system does not report it, and for a process that has exited
 */
export async function residentBytes(
  pid: number,
  platform: string = process.platform,
): Promise<number | undefined> {
  if (platform === 'win32') return windowsWorkingSet(pid);
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * KIB;
  } catch {
    return undefined;
  }
}
