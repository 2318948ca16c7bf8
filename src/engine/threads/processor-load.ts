import { readFileSync } from 'node:fs';
import { type CpuInfo, cpus } from 'node:os';

interface Times {
  readonly idle: number;
  readonly total: number;
}

function sum(processors: readonly Pick<CpuInfo, 'times'>[]): Times {
  let idle = 0;
  let total = 0;
  for (const { times } of processors) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, total };
}

/**
 * Measures how many cores of the machine were idle between two calls.
 * @returns a function that returns the number of cores idle since its last call; 0 on the first call
 */
export function createIdleCores(read: () => readonly Pick<CpuInfo, 'times'>[] = cpus): () => number {
  let last: Times | undefined;
  return () => {
    const processors = read();
    const now = sum(processors);
    const before = last ?? now;
    last = now;
    const elapsed = now.total - before.total;
    return elapsed > 0 ? ((now.idle - before.idle) / elapsed) * processors.length : 0;
  };
}

/**
 * Tasks that are running at this moment and expected: this thread, the server that passed on a request, and its client.
 */
const EXPECTED_TASKS = 3;

/**
 * Number of cores that nothing else is using at this moment.
 * @param loadavg text of Linux's /proc/loadavg, whose fourth field is "running/existing" tasks
 * @returns undefined where the text does not have that field
 */
export function freeCores(loadavg: string, cores: number): number | undefined {
  const running = /^\S+ \S+ \S+ (\d+)\//.exec(loadavg)?.[1];
  return running === undefined ? undefined : cores - Math.max(0, Number(running) - EXPECTED_TASKS);
}

export function readFreeCores(): number | undefined {
  try {
    return freeCores(readFileSync('/proc/loadavg', 'utf8'), cpus().length);
  } catch {
    return undefined;
  }
}
