import { createDeferred } from '../../base/deferred.ts';
import { throwIfCanceled } from '../../base/errors.ts';
import { type Digest, shortDigest } from '../../names/digest.ts';

/** A blob on its way, watched by every pull that needs it. */
export interface Transfer {
  /** Bytes on disk. */
  completed: number;
  /** Another process brings it. */
  isElsewhere?: boolean;
}

/** Runs the work while no other process runs any under that name; calls `onWait` now and then until it begins. */
type Between = <T>(
  name: string,
  signal: AbortSignal,
  work: () => Promise<T>,
  onWait: () => Promise<void>,
) => Promise<T>;

interface Holder {
  readonly transfer: Transfer;
  readonly released: Promise<void>;
}

/**
 * Lets one pull at a time work on a blob; the others watch its progress and take over when it gives up. One per
 * models folder. Nobody holds two locks at once, so pulls cannot wait for each other in a ring.
 */
export class DownloadLocks {
  readonly #holders = new Map<Digest, Holder>();
  readonly #between: Between;

  /** @param between keeps out other processes that use the same folder */
  constructor(between: Between = (_name, _signal, work) => work()) {
    this.#between = between;
  }

  /**
   * Waits for its turn, then works.
   * @param watch told whose progress to show, again for every holder that comes before us
   * @param onWait called now and then while another process works on the blob
   * @throws OllamaError `canceled` when the signal fires while waiting
   */
  async run<T>(
    digest: Digest,
    signal: AbortSignal,
    work: (transfer: Transfer) => Promise<T>,
    watch: (transfer: Transfer) => void = () => undefined,
    onWait: (transfer: Transfer) => Promise<void> = async () => undefined,
  ): Promise<T> {
    for (let holder = this.#holders.get(digest); holder; holder = this.#holders.get(digest)) {
      watch(holder.transfer);
      await abortable(holder.released, signal);
    }
    throwIfCanceled(signal);
    const { promise, resolve } = createDeferred<void>();
    const transfer: Transfer = { completed: 0 };
    this.#holders.set(digest, { transfer, released: promise });
    watch(transfer);
    const begin = async () => {
      transfer.isElsewhere = false;
      return await work(transfer);
    };
    const waitOn = async () => {
      transfer.isElsewhere = true;
      await onWait(transfer);
    };
    try {
      return await this.#between(`blob-${shortDigest(digest)}`, signal, begin, waitOn);
    } finally {
      this.#holders.delete(digest);
      resolve();
    }
  }
}

async function abortable(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, resolve } = createDeferred<void>();
  const wake = () => resolve();
  signal.addEventListener('abort', wake, { once: true });
  try {
    if (!signal.aborted) await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', wake);
  }
  throwIfCanceled(signal);
}
