import { programOf } from '../../base/program/programs.ts';
import type { PoolLimits } from '../../workers/limits.ts';
import type { WorkerPool } from '../../workers/worker-pool.ts';
import type { CheckedInput, CheckInput } from './check-input.ts';

/** Checks an input somewhere, with the errors of `checkInput`. */
export type InputCheck = (input: CheckInput, owner: string, signal: AbortSignal) => Promise<CheckedInput>;

/** Path of the program of the workers. */
export const batchWorkerProgram = programOf('batch-worker');

/** Limits on the workers that check inputs. */
export const batchWorkerLimits: PoolLimits = {
  // A check reads a file from end to end: several at once only take turns at the disk.
  workers: 1,
  workersOfOwner: 1,
  // The longest line as bytes, text and parsed values, the new body, and the IDs of all lines.
  heapMb: 1024,
};

/** The longest file takes ten seconds on a processor of its own; a busy machine and a slow disk need several times that. */
const LIMIT_MS = 180_000;

/** The check in the workers of a pool whose program is `batchWorkerProgram`. */
export function pooledInputCheck(pool: Pick<WorkerPool, 'run'>): InputCheck {
  return async (input, owner, signal) => {
    const result = await pool.run({
      name: 'checkInput',
      input,
      owner,
      signal,
      limitMs: LIMIT_MS,
      subject: 'the check of the input file',
      blame: 'invalid-request',
      advice: 'split the file',
      endsWithSignal: true,
      size: () => 0,
      identity: () => input.to,
    });
    return result as CheckedInput;
  };
}
