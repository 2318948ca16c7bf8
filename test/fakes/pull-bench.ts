/** What the tests of downloads share: a temporary store, options of a pull into it, and a clock that runs faster. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/base/logger.ts';
import { DownloadLocks } from '../../src/registry/pull/download-locks.ts';
import type { PullOptions } from '../../src/registry/pull/pull-options.ts';
import { Store } from '../../src/store/store.ts';
import { hurriedClock } from './hurried-clock.ts';

export interface PullBench {
  readonly folder: string;
  readonly store: Store;
  readonly options: PullOptions;
  close(): Promise<void>;
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
