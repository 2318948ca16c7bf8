import { readFile } from 'node:fs/promises';
import { ps } from './ps.ts';
import { windowsProcessStart } from './windows/kernel.ts';

/** Index of starttime (field 22) among the fields after the name in `/proc/<pid>/stat`, see proc(5). */
const START_FIELD = 19;

/**
 * When a process started, in the system's own words: to distinguish it from a later one with the same ID.
 * @returns "" where the system does not report it, and when no process has the ID
 */
export async function processStart(pid: number, platform: string = process.platform): Promise<string> {
  if (platform === 'linux') return startFromStat(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));
  if (platform === 'win32') return String((await windowsProcessStart(pid)) ?? '');
  return startFromPs(await ps(['-o', 'lstart=', '-p', String(pid)]).catch(() => ''));
}

/** @param stat text of `/proc/<pid>/stat`, whose name, in parentheses, may contain any characters */
function startFromStat(stat: string): string {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_FIELD] ?? '';
}

/** @param text such as "Mon Nov  2 10:11:12 2026    \n": the day is padded, and the column may be, too */
export function startFromPs(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
