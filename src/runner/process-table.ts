/** Lists the system's processes: from /proc on Linux, from `ps` on macOS. Windows needs no list: `child-keeper.ts` says why. */
import { readdir, readFile } from 'node:fs/promises';
import { startFromPs } from '../platform/process-start.ts';
import { ps } from '../platform/ps.ts';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Distinguishes a process from a later one with the same pid; in the system's own units. */
  readonly startedAt: string;
  /** The command with its arguments, separated by spaces. */
  readonly command: string;
}

/**
 * Columns for `parseProcessList`; empty titles leave out the line of titles. One option each, because POSIX and macOS take
 * everything after the first "=" of an option for a title.
 */
const columns = ['-ww', ...['pid=', 'ppid=', 'lstart=', 'command='].flatMap((column) => ['-o', column])];
/** Positions in `/proc/<pid>/stat` after the name, see proc(5): state is 0, ppid 1, starttime (field 22) 19. */
const PARENT_FIELD = 1;
const START_FIELD = 19;

/** @throws Error when the system does not provide the list */
export function processTable(platform: string = process.platform): Promise<ProcessEntry[]> {
  return platform === 'linux' ? linuxTable() : psTable(['-ax']);
}

/** One process; undefined when no process has this pid. */
export async function processOf(
  pid: number,
  platform: string = process.platform,
): Promise<ProcessEntry | undefined> {
  if (platform === 'linux') return linuxEntry(pid);
  return (await psTable(['-p', String(pid)]).catch(() => [])).find((entry) => entry.pid === pid);
}

/** Whether a process is stopped, for example by SIGSTOP, and therefore does nothing. Windows has no such state. */
export async function isStopped(pid: number, platform: string = process.platform): Promise<boolean> {
  if (platform === 'win32') return false;
  if (platform !== 'linux') {
    const state = await ps(['-o', 'state=', '-p', String(pid)]).catch(() => '');
    return state.trim().startsWith('T');
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat[stat.lastIndexOf(')') + 2] === 'T';
}

async function linuxTable(): Promise<ProcessEntry[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const entries = await Promise.all(names.map((name) => linuxEntry(Number(name))));
  return entries.filter((entry) => entry !== undefined);
}

async function linuxEntry(pid: number): Promise<ProcessEntry | undefined> {
  const [stat, command] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
    readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
  ]);
  // The name, in parentheses, may contain any character.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  if (stat === '' || state === 'Z') return undefined;
  return {
    pid,
    parent: Number(fields[PARENT_FIELD]),
    startedAt: fields[START_FIELD] ?? '',
    command: command.split('\0').join(' ').trim(),
  };
}

async function psTable(which: readonly string[]): Promise<ProcessEntry[]> {
  return parseProcessList(await ps([...which, ...columns]));
}

/** Parses lines of "pid ppid Mon Nov 23 14:00:00 2026 command". */
export function parseProcessList(text: string): ProcessEntry[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, parent, startedAt, command] =
      /^\s*(\d+)\s+(\d+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || startedAt === undefined || command === undefined) return [];
    return { pid: Number(pid), parent: Number(parent), startedAt: startFromPs(startedAt), command };
  });
}
