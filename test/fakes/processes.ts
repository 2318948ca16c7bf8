/** The processes of this machine, read from Linux's /proc. */
import { readdir, readFile } from 'node:fs/promises';

/** @returns ids of the processes that a process has started and that still run */
export async function childrenOf(parent: number): Promise<number[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(ids.map(async (id) => ((await statusOf(id))?.parent === parent ? id : 0)));
  return found.filter((id) => id > 0);
}

/** Whether a process exists and is more than an entry that nobody has collected yet. */
export async function isRunning(id: number): Promise<boolean> {
  return (await statusOf(id)) !== undefined;
}

async function statusOf(id: number): Promise<{ parent: number } | undefined> {
  const text = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '');
  // "pid (name) state parent …", where the name may hold anything, parentheses included
  const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return text === '' || state === 'Z' ? undefined : { parent: Number(parent) };
}
