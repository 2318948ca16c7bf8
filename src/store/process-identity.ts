import { readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { systemCode } from '../base/errors.ts';
import { processStart } from '../platform/process-start.ts';

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
  return { place: `${hostname()} ${space}`, pid, startedAt: await processStart(pid) };
}

/**
 * Whether a process of this machine and container is still running. One whose start cannot be read counts as running for as long
 * as something has its ID: Windows does not tell every user about the processes of others, and a process without free file
 * descriptors, or without memory for `ps`, learns nothing for a while. A lock must not be taken from the living meanwhile.
 */
export async function isRunning(
  { pid, startedAt }: Pick<ProcessIdentity, 'pid' | 'startedAt'>,
  startOf: (pid: number) => Promise<string> = processStart,
): Promise<boolean> {
  if (!exists(pid)) return false;
  if (startedAt === '') return true;
  const start = await startOf(pid);
  return start === startedAt || (start === '' && exists(pid));
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
