import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { isRunning, ownIdentity } from './process-identity.ts';

const NO_PROCESS = 2 ** 22 + 1;

describe('isRunning', () => {
  it('is true for this process, and false for an earlier one with its ID and for no process', async () => {
    const own = await ownIdentity();
    expect(await isRunning(own)).toBe(true);
    expect(await isRunning({ ...own, startedAt: 'long ago' })).toBe(false);
    expect(await isRunning({ ...own, pid: NO_PROCESS })).toBe(false);
  });

  it('is true for a living process of which the system does not tell more at the moment, and false for a dead one', async () => {
    const silent = () => Promise.resolve('');
    const holder = { pid: process.pid, startedAt: '134406018334376320' };
    expect(await isRunning(holder, silent)).toBe(true);
    expect(await isRunning({ ...holder, pid: NO_PROCESS }, silent)).toBe(false);
    expect(await isRunning(holder, () => Promise.resolve('134406018334370000'))).toBe(false);
  });

  it('is false for a process that ends while its start is read', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
    await once(child, 'spawn');
    const dying = async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
      return '';
    };
    expect(await isRunning({ pid: child.pid ?? 0, startedAt: '1' }, dying)).toBe(false);
  });
});
