import { expect, it } from 'vitest';
import { residentBytes } from './process-memory.ts';

const NO_PROCESS = 2 ** 22 + 1;

it('reports the memory of this process on Linux and Windows, and none of a process that does not exist', async ({
  skip,
}) => {
  if (process.platform === 'darwin') skip('macOS does not report it');
  const bytes = (await residentBytes(process.pid)) ?? 0;
  expect(bytes / process.memoryUsage.rss()).toBeGreaterThan(0.5);
  expect(bytes / process.memoryUsage.rss()).toBeLessThan(2);
  expect(await residentBytes(NO_PROCESS)).toBeUndefined();
});

it('says nothing where the functions of Windows are missing', async ({ skip }) => {
  if (process.platform === 'win32') skip('they are there');
  expect(await residentBytes(process.pid, 'win32')).toBeUndefined();
});
