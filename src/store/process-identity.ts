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

/** Whether a process of this machine and container is still running. */
export async function isRunning(
  { pid, startedAt }: Pick<ProcessIdentity, 'pid' | 'startedAt'>,
  platform: string = process.platform,
  startOf: (pid: number) => Promise<string> = processStart,
): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) !== 'EPERM') return false;
  }
  if (startedAt === '') return true;
  const start = await startOf(pid);
  // Windows does not tell every user about the processes of others. Elsewhere, the process has just ended.
  return start === startedAt || (platform === 'win32' && start === '');
}
