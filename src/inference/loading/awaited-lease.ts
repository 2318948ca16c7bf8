import type { QueueProgress } from '../../api/common.ts';
import type { Clock } from '../../base/clock.ts';
import { createDeferred } from '../../base/deferred.ts';
import { OllamaError } from '../../base/errors.ts';
import type { Lease } from '../../scheduler/lease.ts';

/** How often a client is told what it waits for, at most. */
export const QUEUE_PROGRESS_MS = 250;
/**
 * How long a lease waits for a client that has not taken the last piece of its reply. After that, the slot goes to
 * others.
 */
export const UNREAD_LEASE_MS = 10_000;

interface AwaitedParts {
  /** What the run waits for now; undefined = nothing that can be told. */
  readonly place: () => QueueProgress | undefined;
  readonly clock: Pick<Clock, 'after'>;
}

/**
 * Waits for a lease and yields meanwhile what it waits for, whenever that has changed. A lease that nobody takes is
 * released.
 * @returns the lease
 * @throws OllamaError as `acquiring` does; `canceled` when the lease came and the reader stayed away
 */
export async function* awaitedLease(
  acquiring: Promise<Lease>,
  { place, clock }: AwaitedParts,
): AsyncGenerator<QueueProgress, Lease, undefined> {
  let granted: Lease | undefined;
  let isTaken = false;
  let cancelTimer: (() => void) | undefined;
  const settled = acquiring.then(
    (lease) => {
      granted = lease;
      cancelTimer = clock.after(UNREAD_LEASE_MS, () => lease.release());
    },
    // Thrown below, when the reader is there.
    () => undefined,
  );
  try {
    let told = '';
    while (!(await settlesBefore(settled, clock))) {
      const progress = place();
      const text = JSON.stringify(progress);
      if (progress === undefined || text === told) continue;
      told = text;
      yield progress;
    }
    const lease = await acquiring;
    if (lease.isReleased)
      throw new OllamaError('canceled', 'the reply was not read, so its slot was given back');
    isTaken = true;
    return lease;
  } finally {
    cancelTimer?.();
    if (!isTaken)
      void settled.then(() => {
        cancelTimer?.();
        granted?.release();
      });
  }
}

async function settlesBefore(settled: Promise<void>, clock: Pick<Clock, 'after'>): Promise<boolean> {
  const look = createDeferred<boolean>();
  const cancel = clock.after(QUEUE_PROGRESS_MS, () => look.resolve(false));
  try {
    return await Promise.race([settled.then(() => true), look.promise]);
  } finally {
    cancel();
  }
}
