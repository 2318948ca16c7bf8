/** Lists the system's processes: from /proc on Linux, from `ps` elsewhere. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { MIB } from '../base/units.ts';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Distinguishes a process from a later one with the same pid; in the system's own units. */
  readonly startedAt: string;
  /** The command with its arguments, separated by spaces. */
  readonly command: string;
}

/** Far more than the command lines of thousands of processes, in bytes. */
const MAX_OUTPUT_BYTES = 64 * MIB;
const PS_TIMEOUT_MS = 5000;
/** Positions in `/proc/<pid>/stat` after the name, see proc(5): state is 0, ppid 1, starttime (field 22) 19. */
const PARENT_FIELD = 1;
const START_FIELD = 19;

/** @throws Error when the system does not provide the list */
export function processTable(platform: string = process.platform): Promise<ProcessEntry[]> {
  return platform === 'linux' ? linuxTable() : psTable();
}

/** One process; undefined when no process has this pid. */
export async function processOf(pid: number): Promise<ProcessEntry | undefined> {
  if (process.platform === 'linux') return linuxEntry(pid);
  return (await psTable()).find((entry) => entry.pid === pid);
}

/** Whether a process is stopped, for example by SIGSTOP, and therefore does nothing. */
export async function isStopped(pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return (await stateFromPs(pid)).startsWith('T');
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat[stat.lastIndexOf(')') + 2] === 'T';
}

async function stateFromPs(pid: number): Promise<string> {
  const options = { timeout: PS_TIMEOUT_MS };
  const { stdout } = await promisify(execFile)('ps', ['-o', 'state=', '-p', String(pid)], options).catch(
    () => ({ stdout: '' }),
  );
  return stdout.trim();
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

async function psTable(): Promise<ProcessEntry[]> {
  const options = {
    maxBuffer: MAX_OUTPUT_BYTES,
    timeout: PS_TIMEOUT_MS,
    env: { ...process.env, LC_ALL: 'C' },
  };
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pid=,ppid=,lstart=,command='], options);
  return parseProcessList(stdout);
}

/** Parses lines of "pid ppid Mon Nov 23 14:00:00 2026 command". */
export function parseProcessList(text: string): ProcessEntry[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, parent, startedAt, command] =
      /^\s*(\d+)\s+(\d+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || startedAt === undefined || command === undefined) return [];
    return { pid: Number(pid), parent: Number(parent), startedAt: startedAt.replace(/\s+/g, ' '), command };
  });
}
