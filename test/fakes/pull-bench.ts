/** What the tests of downloads share: a temporary store, options of a pull into it, and a clock that runs faster. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { DownloadLocks } from '../../src/registry/pull/download-locks.ts';
import type { PullOptions } from '../../src/registry/pull/pull-options.ts';
import { Store } from '../../src/store/store.ts';

export interface PullBench {
  readonly folder: string;
  readonly store: Store;
  readonly options: PullOptions;
  close(): Promise<void>;
}

/**
 * Thirty seconds of silence pass in thirty seconds divided by `times`; whoever sends that slowly is taken for silent, so that
 * large files on a busy machine need a small number.
 */
export function hurriedClock(times: number): Clock {
  return {
    now: () => performance.now() * times,
    date: systemClock.date,
    after: (milliseconds, callback) => systemClock.after(milliseconds / times, callback),
  };
}

/** @param times how much faster the clock runs */
export async function openPullBench(times: number): Promise<PullBench> {
  const folder = await mkdtemp(join(tmpdir(), 'pull-bench-'));
  const store = new Store(folder);
  const options = {
    store,
    locks: new DownloadLocks(),
    fetch,
    logger: silentLogger,
    version: '0.0.0-test',
    insecure: true,
    clock: hurriedClock(times),
  };
  return { folder, store, options, close: () => rm(folder, { recursive: true }) };
}
