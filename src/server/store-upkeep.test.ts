import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FakeClock } from '../../test/fakes/fake-clock.ts';
import { silentLogger } from '../base/logger.ts';
import { PRUNE_GRACE_MS } from '../store/store.ts';
import { prepareStore, sweepHourly } from './store-upkeep.ts';

it('removes temporary files of killed processes by the date: at the start, and an hour later', async () => {
  const userFolder = await mkdtemp(join(tmpdir(), 'store-upkeep-'));
  const config = {
    modelsFolder: join(userFolder, 'models'),
    extraModelsFolders: [],
    noPrune: false,
    runFolder: join(userFolder, 'run'),
  };
  const clock = new FakeClock();
  const temporary = async (digit: string, ageMs: number) => {
    const path = join(userFolder, `.tmp-${digit.repeat(16)}`);
    await writeFile(path, '');
    const seconds = (clock.date() - ageMs) / 1000;
    await utimes(path, seconds, seconds);
    return path;
  };
  try {
    await mkdir(config.runFolder);
    const old = await temporary('a', 2 * PRUNE_GRACE_MS);
    const young = await temporary('b', PRUNE_GRACE_MS / 2);
    const parts = { config, userFolder, clock, logger: silentLogger };
    const store = await prepareStore(parts);
    expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
    const stop = new AbortController();
    sweepHourly(store, parts, stop.signal);
    clock.advance(PRUNE_GRACE_MS);
    await expect.poll(() => existsSync(young), { interval: 5 }).toBe(false);
    stop.abort();
  } finally {
    await rm(userFolder, { recursive: true });
  }
});
