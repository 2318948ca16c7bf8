import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { parseProcessList, processOf, processTable } from './process-table.ts';

it('finds this process, its child and its start time', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'a mark'], { stdio: 'ignore' });
  try {
    const find = async () => (await processTable()).find(({ pid }) => pid === child.pid);
    await expect.poll(async () => (await find())?.command).toContain('a mark');
    const entry = await find();
    expect(entry).toMatchObject({ parent: process.pid, startedAt: expect.stringMatching(/^\d+$/) });
    expect(await processOf(child.pid ?? 0)).toEqual(entry);
  } finally {
    child.kill('SIGKILL');
  }
  await expect.poll(() => processOf(child.pid ?? 0)).toBeUndefined();
});

it('parses the output of ps', () => {
  const text =
    '    1     0 Mon Nov 23 09:00:00 2026 /sbin/launchd\n 4711     1 Mon Nov  2 10:11:12 2026 node a b\n\nodd\n';
  expect(parseProcessList(text)).toEqual([
    { pid: 1, parent: 0, startedAt: 'Mon Nov 23 09:00:00 2026', command: '/sbin/launchd' },
    { pid: 4711, parent: 1, startedAt: 'Mon Nov 2 10:11:12 2026', command: 'node a b' },
  ]);
});
