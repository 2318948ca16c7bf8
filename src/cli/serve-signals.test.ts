import { afterEach, expect, it } from 'vitest';
import { endSignals, endTimes, onHangup, untilSignal } from './serve-signals.ts';

const settings = { drainGraceMs: 5000, shutdownTimeoutMs: 30_000 };
const names = ['SIGINT', 'SIGTERM', 'SIGBREAK', 'SIGHUP'] as const;
const before = new Map(names.map((name) => [name, process.listeners(name)]));

function removeOwnListeners(): void {
  for (const name of names) {
    for (const listener of process.listeners(name)) {
      if (!before.get(name)?.includes(listener)) process.off(name, listener);
    }
  }
}

afterEach(removeOwnListeners);

it('ends the server at Ctrl-Break and a closed console of Windows, and reloads at SIGHUP elsewhere', async () => {
  expect(endSignals('linux')).not.toContain('SIGHUP');
  let reloads = 0;
  onHangup(() => {
    reloads += 1;
  }, 'win32');
  for (const name of ['SIGBREAK', 'SIGHUP'] as const) {
    const ended = untilSignal('win32');
    process.emit(name, name);
    expect(await ended).toBe(name);
    // A second signal would end this process.
    removeOwnListeners();
  }
  expect(reloads).toBe(0);
});

it('takes the times of the settings, except in a closed console, which Windows gives five seconds', () => {
  expect(endTimes('SIGTERM', settings, 'linux')).toEqual(settings);
  expect(endTimes('SIGHUP', settings, 'linux')).toEqual(settings);
  expect(endTimes('SIGBREAK', settings, 'win32')).toEqual(settings);
  expect(endTimes('SIGHUP', settings, 'win32')).toEqual({ drainGraceMs: 0, shutdownTimeoutMs: 1000 });
  expect(endTimes('SIGHUP', { ...settings, shutdownTimeoutMs: 10 }, 'win32').shutdownTimeoutMs).toBe(10);
});
