import { createDeferred } from '../../base/deferred.ts';
import { throwIfCanceled } from '../../base/errors.ts';
import { type Digest, shortDigest } from '../../names/digest.ts';

/** A blob being downloaded, watched by every pull that needs it. */
export interface Transfer {
  /** Bytes on disk. */
  completed: number;
  /** Whether another process is downloading it. */
  isElsewhere?: boolean;
}

/** Runs the work while no other process runs work with that name; calls `onWait` from time to time until it starts. */
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
 * Lets one pull at a time work on a blob; the others watch its progress and take over if it gives up. There is one
 * instance per models folder. No pull holds two locks at once, so pulls cannot deadlock.
 */
export class DownloadLocks {
  readonly #holders = new Map<Digest, Holder>();
  readonly #between: Between;

  /** @param between excludes other processes that use the same folder */
  constructor(between: Between = (_name, _signal, work) => work()) {
    this.#between = between;
  }

  /**
   * Waits for its turn, then works.
   * @param watch receives the transfer to show, again for every holder that comes before this pull
   * @param onWait called from time to time while another process works on the blob
   * @throws OllamaError `canceled` when the signal fires during the wait
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
