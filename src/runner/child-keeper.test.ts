import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/fakes/fake-clock.ts';
import { createDeferred } from '../base/deferred.ts';
import { silentLogger } from '../base/logger.ts';
import { ChildKeeper } from './child-keeper.ts';
import { ChildRecords } from './child-records.ts';
import { type ProcessEntry, processOf } from './process-table.ts';

const program = '/lib/engine/main.js';
/** Beyond the largest pid. */
const NO_PROCESS = 2 ** 22 + 1;
let folder: string;
let table: ProcessEntry[];
let killed: number[];
let clock: FakeClock;
let keeper: ChildKeeper;

const entry = (pid: number): ProcessEntry => ({
  pid,
  parent: process.pid,
  startedAt: '1',
  command: `node ${program}`,
});
const keeperOf = (fields = {}) => {
  const records = new ChildRecords(folder);
  const kill = (pid: number) => killed.push(pid);
  return new ChildKeeper({
    records,
    clock,
    logger: silentLogger,
    programs: [program],
    table: async () => table,
    kill,
    platform: 'linux',
    ...fields,
  });
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'child-keeper-'));
  table = [];
  killed = [];
  clock = new FakeClock();
  keeper = keeperOf();
});
afterEach(async () => {
  keeper.stop();
  await rm(folder, { recursive: true });
});

describe('ChildKeeper', () => {
  it('kills an unknown child, checking every ten seconds', async () => {
    table = [entry(11), entry(12)];
    keeper.add(11, new Promise(() => undefined), () => undefined);
    keeper.start();
    clock.advance(10_000);
    await expect.poll(() => killed).toEqual([12]);
    await expect.poll(() => clock.pendingTimers).toBe(1);
    clock.advance(10_000);
    await expect.poll(() => killed).toEqual([12, 12]);
  });

  it('declares a child gone when it is missing twice, not the first time', async () => {
    let gone = 0;
    keeper.add(11, new Promise(() => undefined), () => {
      gone += 1;
    });
    await keeper.reconcile();
    table = [entry(11)];
    await keeper.reconcile();
    table = [];
    await keeper.reconcile();
    expect(gone).toBe(0);
    await keeper.reconcile();
    await keeper.reconcile();
    expect(gone).toBe(1);
  });

  it('continues when the system provides no process list', async () => {
    const deaf = keeperOf({ table: () => Promise.reject(new Error('no ps')) });
    await deaf.endOrphans();
    await deaf.reconcile();
    expect(killed).toEqual([]);
  });

  it('leaves orphans to the job objects of Windows, and only looks whether known children live', async () => {
    const records = new ChildRecords(folder);
    const onWindows = new ChildKeeper({ records, clock, logger: silentLogger, platform: 'win32' });
    const gone: number[] = [];
    for (const pid of [process.pid, NO_PROCESS]) {
      onWindows.add(pid, new Promise(() => undefined), () => gone.push(pid));
    }
    await onWindows.endOrphans();
    await onWindows.reconcile();
    await onWindows.reconcile();
    expect([gone, await records.list()]).toEqual([[NO_PROCESS], []]);
  });

  it.skipIf(process.platform === 'win32')(
    'records a child while it lives, and kills it by its record when its server has exited',
    async () => {
      const mark = '/engine/of-this-test.js';
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', mark], { stdio: 'ignore' });
      const exited = createDeferred<void>();
      const pid = child.pid ?? 0;
      child.once('exit', () => exited.resolve());
      const records = new ChildRecords(folder);
      keeper.add(pid, exited.promise, () => undefined);
      await expect.poll(() => records.list()).toHaveLength(1);
      const [record] = await records.list();
      expect(record).toMatchObject({ pid, server: { pid: process.pid } });
      await keeper.endOrphans();
      expect(await processOf(pid)).toBeDefined();
      if (record) await records.add({ ...record, server: { pid: record.server.pid, startedAt: 'long ago' } });
      const next = new ChildKeeper({ records, clock, logger: silentLogger, programs: [mark] });
      await next.endOrphans();
      await exited.promise;
      await expect.poll(() => records.list()).toEqual([]);
    },
  );
});
