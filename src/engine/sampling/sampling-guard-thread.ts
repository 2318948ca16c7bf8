/** The thread of `sampling-guard.ts`. */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { overrunLine } from '../../protocol/overrun-line.ts';

/** Processor time that one use of a grammar may take: twice the budget of a sampling step. */
const LIMIT_MS = 2000;
const LOOK_MS = 250;
const MICROSECONDS_PER_MILLISECOND = 1000;
const STANDARD_ERROR = 2;

const shared = workerData as Int32Array;
let seenChanges = -1;
let seenAtMs = 0;

/** A process that is stopped gets no processor time, so it is not blamed. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / MICROSECONDS_PER_MILLISECOND;
}

setInterval(() => {
  const id = Atomics.load(shared, 0);
  const changes = Atomics.load(shared, 1);
  if (id === 0 || changes !== seenChanges) {
    seenChanges = changes;
    seenAtMs = processorMs();
    return;
  }
  if (processorMs() - seenAtMs < LIMIT_MS) return;
  writeSync(STANDARD_ERROR, `\n${overrunLine(id)}\n`);
  process.kill(process.pid, 'SIGKILL');
}, LOOK_MS);
