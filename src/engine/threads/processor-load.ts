import { readFileSync } from 'node:fs';
import { type CpuInfo, cpus } from 'node:os';

type Processors = readonly Pick<CpuInfo, 'times'>[];

interface Times {
  readonly idle: number;
  readonly total: number;
}

function sum(processors: Processors): Times {
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
export function createIdleCores(read: () => Processors = cpus): () => number {
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

/** Windows counts processor time in ticks of 15.6 ms: less than this has too few of them. */
const SHORTEST_MS = 100;
/** What happened before that says nothing about this moment. */
const LONGEST_MS = 10_000;
/** A core is free when others used less than this share of it: the server and its client need some. */
const SHARE_OF_OTHERS = 0.65;

/** What a process and its machine have used so far. */
interface Usage {
  readonly processors: Processors;
  /** Milliseconds of processor time of this process. */
  readonly ownMs: number;
  readonly nowMs: number;
}

function readUsage(): Usage {
  const { user, system } = process.cpuUsage();
  return { processors: cpus(), ownMs: (user + system) / 1000, nowMs: performance.now() };
}

/**
 * Measures how many cores nothing else has used lately, for systems that do not count running tasks: macOS and Windows.
 * @returns a function that returns it for the time since its last call; undefined after too short or too long a time
 */
export function createFreeCores(read: () => Usage = readUsage): () => number | undefined {
  let last = read();
  return () => {
    const now = read();
    const elapsedMs = now.nowMs - last.nowMs;
    if (elapsedMs < SHORTEST_MS) return undefined;
    const [before, after] = [sum(last.processors), sum(now.processors)];
    const ownMs = now.ownMs - last.ownMs;
    last = now;
    const total = after.total - before.total;
    if (elapsedMs > LONGEST_MS || total <= 0) return undefined;
    const cores = now.processors.length;
    const busyCores = (1 - (after.idle - before.idle) / total) * cores;
    const others = Math.max(0, busyCores - ownMs / elapsedMs);
    return Math.floor(cores - others + SHARE_OF_OTHERS);
  };
}

/** Measures from the start of the process on, so that the load of a model is its first measurement. */
const freeCoresLately = process.platform === 'linux' ? undefined : createFreeCores();

export function readFreeCores(): number | undefined {
  if (freeCoresLately) return freeCoresLately();
  try {
    return freeCores(readFileSync('/proc/loadavg', 'utf8'), cpus().length);
  } catch {
    return undefined;
  }
}
