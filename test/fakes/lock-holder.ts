/** A living process of this machine, and the content of a lock file of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { processStart } from '../../src/platform/process-start.ts';
import { ownIdentity } from '../../src/store/process-identity.ts';

export interface LockHolder {
  readonly child: ChildProcess;
  readonly content: string;
}

/**
 * Spawns a process that lives until it is killed. What the system calls its start is asked for as the product does it: under Wine there is
 * a /proc, too, in which the IDs of Windows are those of other processes.
 */
export async function spawnLockHolder(): Promise<LockHolder> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const identity = { ...(await ownIdentity()), pid, startedAt: await processStart(pid) };
  return { child, content: JSON.stringify({ ...identity, token: 'theirs' }) };
}
