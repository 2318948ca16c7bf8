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

  it('believes Windows that a process lives of which it does not tell more to this user', async () => {
    const holder = { pid: process.pid, startedAt: '134406018334376320' };
    const silent = () => Promise.resolve('');
    expect(await isRunning(holder, 'win32', silent)).toBe(true);
    expect(await isRunning(holder, 'linux', silent)).toBe(false);
    expect(await isRunning(holder, 'win32', () => Promise.resolve('134406018334370000'))).toBe(false);
  });
});
