import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { systemCode } from '../base/errors.ts';

/** Position in `/proc/<pid>/stat` behind the name, see proc(5): starttime (field 22). */
const START_FIELD = 19;

export interface ProcessIdentity {
  /** Machine and container: process numbers mean nothing outside of it. */
  readonly place: string;
  readonly pid: number;
  /** Tells a process from a later one of the same number; "" where the system does not say. */
  readonly startedAt: string;
}

export async function ownIdentity(): Promise<ProcessIdentity> {
  const space = await readlink('/proc/self/ns/pid').catch(() => '');
  const { pid } = process;
  return { place: `${hostname()} ${space}`, pid, startedAt: await startOf(pid) };
}

/** Whether a process of this machine and container still runs. */
export async function isRunning({ pid, startedAt }: ProcessIdentity): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) !== 'EPERM') return false;
  }
  return startedAt === '' || (await startOf(pid)) === startedAt;
}

async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name, in parentheses, may hold anything.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[START_FIELD] ?? '';
}
