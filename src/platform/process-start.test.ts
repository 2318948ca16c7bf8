import { spawnSync } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import { processStart, startFromPs } from './process-start.ts';

const NO_PROCESS = 2 ** 22 + 1;

describe('processStart', () => {
  it.runIf(process.platform === 'linux')(
    'is the same at each call, and empty for no process and elsewhere',
    async () => {
      const start = await processStart(process.pid, 'linux');
      expect(start).toMatch(/^\d+$/);
      expect(await processStart(process.pid, 'linux')).toBe(start);
      expect(await processStart(NO_PROCESS, 'linux')).toBe('');
      expect(await processStart(process.pid, 'win32')).toBe('');
    },
  );

  it.runIf(process.platform === 'win32')('is a time in steps of 100 ns on Windows', async () => {
    const start = await processStart(process.pid);
    const milliseconds = Number(BigInt(start) / 10_000n) - 11_644_473_600_000;
    expect(Math.abs(milliseconds - (Date.now() - process.uptime() * 1000))).toBeLessThan(60_000);
    expect(await processStart(NO_PROCESS)).toBe('');
  });

  // The ps of Linux takes the same options as that of macOS.
  it('does not depend on the time zone or the language of whoever asks ps', async ({ skip }) => {
    if (spawnSync('ps').status !== 0) skip('ps is missing');
    vi.stubEnv('TZ', 'Asia/Tokyo');
    const inTokyo = await processStart(process.pid, 'darwin');
    vi.stubEnv('TZ', 'America/New_York');
    vi.stubEnv('LC_ALL', 'de_DE.UTF-8');
    expect(await processStart(process.pid, 'darwin')).toBe(inTokyo);
    vi.unstubAllEnvs();
    expect(Math.abs(Date.parse(`${inTokyo} UTC`) - (Date.now() - process.uptime() * 1000))).toBeLessThan(
      60_000,
    );
    expect(await processStart(NO_PROCESS, 'darwin')).toBe('');
  });

  it('reads the column of macOS, which is padded', () => {
    expect(startFromPs('Mon Nov  2 10:11:12 2026    \n')).toBe('Mon Nov 2 10:11:12 2026');
    expect(startFromPs('')).toBe('');
  });
});
