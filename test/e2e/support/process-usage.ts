import { readdir, readFile } from 'node:fs/promises';

/** The resources that a process uses. Reads Linux's /proc. */
export interface ProcessUsage {
  readonly residentMebibytes: number;
  /** The peak value so far. */
  readonly peakMebibytes: number;
  /** Number of open files, sockets and pipes. */
  readonly handles: number;
  readonly threads: number;
}

export async function usageOf(pid: number): Promise<ProcessUsage> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const number = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1]);
  const handles = (await readdir(`/proc/${pid}/fd`)).length;
  return {
    residentMebibytes: number('VmRSS') / 1024,
    peakMebibytes: number('VmHWM') / 1024,
    handles,
    threads: number('Threads'),
  };
}
