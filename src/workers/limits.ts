/** Limits on the processes for work whose cost is chosen by whoever sent it. */

/** More than the processors of a small machine, so that short work finds a free process beside long work. */
export const MAX_WORKERS = 4;
/** Of these, how many one owner may occupy, so that nobody takes them all. */
export const MAX_WORKERS_OF_OWNER = 2;
/** Megabytes of V8's heap: four times what the longest template may write, and little beside a model. */
const WORKER_HEAP_MB = 256;

/** What the processes of one pool may take. */
export interface PoolLimits {
  readonly workers: number;
  readonly workersOfOwner: number;
  /** Megabytes of V8's heap. */
  readonly heapMb: number;
  /**
   * Megabytes of a process in all. V8's limit covers neither buffers nor the memory of WebAssembly. Only Linux reports how much
   * a process has, so elsewhere this limit does not apply. Absent = none, for work that has only V8's heap.
   */
  readonly residentMb?: number;
}

/** For templates, schemas and grammars. */
export const textLimits: PoolLimits = {
  workers: MAX_WORKERS,
  workersOfOwner: MAX_WORKERS_OF_OWNER,
  heapMb: WORKER_HEAP_MB,
};

/** Between two looks at the memory of a process: one that fills it as fast as it can gets about 100 MiB further. */
export const MEMORY_WATCH_MS = 50;
/** Waiting pieces of work, each of which holds a request; of all owners together, and of one, so that others find room. */
export const MAX_WAITING = 4096;
export const MAX_WAITING_OF_OWNER = 1024;
/** Work that takes longer yields the processor to everything else on the machine. Usual work takes a few milliseconds. */
export const GIVES_WAY_AFTER_MS = 1000;
/** The lowest priority but one, as `nice` counts: the work still finishes on a machine that is busy all the time. */
export const GIVEN_WAY_PRIORITY = 10;
/** A process takes about 50 MiB, and a tenth of a second to start. */
export const IDLE_MS = 5 * 60_000;
/** Far more than a loaded machine needs to start Node. */
export const START_LIMIT_MS = 30_000;
/** Work that fails after this time is not tried again for a while: interpreters end themselves at limits of their own. */
export const SLOW_FAILURE_MS = 100;
/** How long work that ran over its limits is refused at once. */
export const REMEMBERED_MS = 60_000;
/** Each takes about a hundred bytes. */
export const MAX_REMEMBERED = 1000;
