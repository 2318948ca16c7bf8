import type { ChildProcess } from 'node:child_process';

/** Time for a child to save its conversations; enough for several hundred megabytes, even on a slow disk. */
export const SAVE_MS = 5000;
/** A step in progress may finish first; anything longer is a hang. */
const POLITE_MS = SAVE_MS + 2000;
/** After SIGTERM, only a stuck system call can keep the process alive. */
const TERMINATE_MS = 2000;

type Killable = Pick<ChildProcess, 'kill'>;

/** Waits for a process that was asked to exit, then sends SIGTERM, then SIGKILL. Resolves when it has exited. */
export async function stopProcess(child: Killable, exited: Promise<unknown>): Promise<void> {
  if (await endsWithin(exited, POLITE_MS)) return;
  await terminateProcess(child, exited);
}

/** Sends SIGTERM, then SIGKILL; resolves when the process has exited. On Windows, either ends a process at once, so only one is sent. */
export async function terminateProcess(
  child: Killable,
  exited: Promise<unknown>,
  platform: string = process.platform,
): Promise<void> {
  if (platform !== 'win32') {
    child.kill('SIGTERM');
    if (await endsWithin(exited, TERMINATE_MS)) return;
  }
  child.kill('SIGKILL');
  await exited;
}

async function endsWithin(exited: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const ended = await Promise.race([exited.then(() => true), timeout]);
  clearTimeout(timer);
  return ended;
}
