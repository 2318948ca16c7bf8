import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeClock } from '../../test/fakes/fake-clock.ts';
import { createDeferred } from '../base/deferred.ts';
import { silentLogger } from '../base/logger.ts';
import type { LoadOptions } from '../protocol/load.ts';
import type { Runner, RunnerExit } from '../runner/runner.ts';
import type { Effects } from '../scheduler/effects.ts';
import { prepareStore, removingUnused, sweepHourly } from './store-upkeep.ts';

const HOUR_MS = 3_600_000;

let folder: string;
let clock: FakeClock;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upkeep-'));
  clock = new FakeClock();
});
afterEach(() => rm(folder, { recursive: true }));

const parts = (noPrune = false) => ({
  config: {
    modelsFolder: join(folder, 'models'),
    extraModelsFolders: [],
    noPrune,
    runFolder: join(folder, 'run'),
  },
  userFolder: folder,
  clock,
  logger: silentLogger,
});

/** A temporary file of each folder, this many milliseconds old by the fake clock. */
async function leave(ageMs: number): Promise<void> {
  const hex = 'a'.repeat(16);
  for (const name of [`.tmp-${hex}`, `id_ed25519.${hex}`, `run/.tmp-${hex}`, 'models/blobs/sha256-123']) {
    const path = join(folder, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, '');
    await utimes(path, (clock.date() - ageMs) / 1000, (clock.date() - ageMs) / 1000);
  }
}
const left = async () =>
  (await readdir(folder, { recursive: true })).filter((path) => /tmp-|id_ed|sha256-/.test(path)).length;

it('removes old leftovers at the start, beside the key, the run notes and the blobs', async () => {
  await leave(HOUR_MS / 2);
  await prepareStore(parts());
  expect(await left()).toBe(4);
  await leave(2 * HOUR_MS);
  await prepareStore(parts());
  expect(await left()).toBe(0);
});

it('keeps everything in the models folder if pruning is off', async () => {
  await leave(2 * HOUR_MS);
  await prepareStore(parts(true));
  expect(await left()).toBe(1);
});

it('looks again every hour until the server stops', async () => {
  const stop = new AbortController();
  const store = await prepareStore(parts());
  sweepHourly(store, parts(), stop.signal);
  for (let round = 0; round < 3; round++) {
    await leave(HOUR_MS / 2);
    clock.advance(HOUR_MS);
    await expect.poll(left).toBe(0);
    await expect.poll(() => clock.pendingTimers).toBe(1);
  }
  stop.abort();
  await leave(HOUR_MS);
  clock.advance(2 * HOUR_MS);
  expect(await left()).toBe(4);
});

it('lets the store remove what a model had in use once its process has exited', async () => {
  const exited = createDeferred<RunnerExit>();
  const removals: unknown[] = [];
  const store = {
    removeUnreferenced: async (digests: Iterable<unknown>) => void removals.push([...digests]),
  };
  const load = async () => ({ exited: exited.promise }) as unknown as Runner;
  const effects = removingUnused({ load } as unknown as Effects, store, silentLogger);
  await effects.load({} as LoadOptions, new AbortController().signal, {} as Parameters<Effects['load']>[2]);
  expect(removals).toEqual([]);
  exited.resolve({ code: 0, signal: null, expected: true, lastLines: [] });
  await exited.promise;
  await Promise.resolve();
  expect(removals).toEqual([[]]);
});
