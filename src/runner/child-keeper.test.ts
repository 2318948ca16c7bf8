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

  it('leaves it to the job objects of Windows to end children with their server', async () => {
    let asked = 0;
    const list = async () => {
      asked += 1;
      return table;
    };
    const onWindows = keeperOf({ platform: 'win32', table: list });
    await onWindows.endOrphans();
    onWindows.add(11, Promise.resolve(), () => undefined);
    onWindows.start();
    expect([asked, clock.pendingTimers, await new ChildRecords(folder).list()]).toEqual([0, 0, []]);
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
