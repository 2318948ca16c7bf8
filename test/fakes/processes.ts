/** The processes of this machine, read from Linux's /proc. */
import { readdir, readFile } from 'node:fs/promises';

/** The program of processes that a server keeps for any model, from files and from one file. */
const workerPrograms = ['chat/work/main.js', '__chat-worker'];

/** IDs of the running processes that a process has started, except the workers, which belong to no model. */
export async function childrenOf(parent: number): Promise<number[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const isChild = async (id: number) => (await statusOf(id))?.parent === parent && !(await isWorker(id));
  const found = await Promise.all(ids.map(async (id) => ((await isChild(id)) ? id : 0)));
  return found.filter((id) => id > 0);
}

async function isWorker(id: number): Promise<boolean> {
  const command = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
  return workerPrograms.some((program) => command.includes(program));
}

/** Whether a process exists and is not a zombie. */
export async function isRunning(id: number): Promise<boolean> {
  return (await statusOf(id)) !== undefined;
}

async function statusOf(id: number): Promise<{ parent: number } | undefined> {
  const text = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '');
  // The format is "pid (name) state parent …", where the name may contain any characters, including parentheses.
  const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return text === '' || state === 'Z' ? undefined : { parent: Number(parent) };
}
