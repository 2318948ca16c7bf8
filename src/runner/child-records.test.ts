import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ChildRecords } from './child-records.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'child-records-'));
});
afterEach(() => rm(folder, { recursive: true }));

const record = (pid: number) => ({ pid, startedAt: 'then', server: { pid: 1, startedAt: 'before' } });

it('keeps a record until it is removed, also for another server', async () => {
  const records = new ChildRecords(join(folder, 'run'));
  expect(await records.list()).toEqual([]);
  await records.add(record(7));
  await records.add(record(8));
  await records.remove(7);
  await records.remove(7);
  expect(await new ChildRecords(join(folder, 'run')).list()).toEqual([record(8)]);
});

it.each([
  ['empty', ''],
  ['no JSON', '{'],
  ['another process’s', JSON.stringify(record(6))],
  ['without a server', '{"pid":5,"startedAt":"x"}'],
  ['of other types', '{"pid":"5","startedAt":1,"server":{}}'],
  ['far too long', JSON.stringify({ ...record(5), startedAt: 'x'.repeat(10_000) })],
])('removes a record that is %s, and no other file', async (_, text) => {
  await writeFile(join(folder, '5.json'), text);
  await writeFile(join(folder, 'notes.json'), text);
  expect(await new ChildRecords(folder).list()).toEqual([]);
  expect(await readdir(folder)).toEqual(['notes.json']);
});
