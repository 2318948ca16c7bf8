import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { systemCode } from '../base/errors.ts';

/** Index of starttime (field 22) among the fields after the name in `/proc/<pid>/stat`, see proc(5). */
const START_FIELD = 19;

export interface ProcessIdentity {
  /** Machine and container; process IDs are only unique within it. */
  readonly place: string;
  readonly pid: number;
  /** Distinguishes a process from a later one with the same ID; "" where the system does not report it. */
  readonly startedAt: string;
}

export async function ownIdentity(): Promise<ProcessIdentity> {
  const space = await readlink('/proc/self/ns/pid').catch(() => '');
  const { pid } = process;
  return { place: `${hostname()} ${space}`, pid, startedAt: await startOf(pid) };
}

/** Whether a process of this machine and container is still running. */
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
  // The name, in parentheses, may contain any characters.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[START_FIELD] ?? '';
}
