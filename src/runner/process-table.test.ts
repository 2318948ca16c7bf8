import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { isStopped, parseProcessList, processOf, processTable } from './process-table.ts';

// On systems without /proc, ps is asked. It is there on most Linux machines, too, and takes the same options.
it.for<[string, string, RegExp]>([
  ['/proc', 'linux', /^\d+$/],
  ['ps', 'darwin', /^\w{3} \w{3} \d+ \d\d:\d\d:\d\d \d{4}$/],
])(
  'finds this process, its child and its start time with %s',
  async ([program, platform, start], { skip }) => {
    if (program === '/proc' && process.platform !== 'linux') skip('only Linux has /proc');
    if (process.platform === 'win32') skip('Windows has no ps and no stopped processes');
    if (program === 'ps' && spawnSync('ps').status !== 0) skip('ps is missing');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'a mark'], {
      stdio: 'ignore',
    });
    const pid = child.pid ?? 0;
    try {
      const find = async () => (await processTable(platform)).find((entry) => entry.pid === pid);
      await expect.poll(async () => (await find())?.command).toContain('a mark');
      const entry = await find();
      expect(entry).toMatchObject({ parent: process.pid, startedAt: expect.stringMatching(start) });
      expect(await processOf(pid, platform)).toEqual(entry);
      expect(await isStopped(pid, platform)).toBe(false);
      child.kill('SIGSTOP');
      await expect.poll(() => isStopped(pid, platform)).toBe(true);
    } finally {
      child.kill('SIGKILL');
    }
    // A process that has ended stays in the output of ps until its parent has noticed.
    await once(child, 'exit');
    await expect.poll(() => processOf(pid, platform)).toBeUndefined();
  },
);

it('parses the output of ps', () => {
  const text =
    '    1     0 Mon Nov 23 09:00:00 2026 /sbin/launchd\n 4711     1 Mon Nov  2 10:11:12 2026 node a b\n\nodd\n';
  expect(parseProcessList(text)).toEqual([
    { pid: 1, parent: 0, startedAt: 'Mon Nov 23 09:00:00 2026', command: '/sbin/launchd' },
    { pid: 4711, parent: 1, startedAt: 'Mon Nov 2 10:11:12 2026', command: 'node a b' },
  ]);
});
