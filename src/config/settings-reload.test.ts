import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogFields, Logger } from '../base/logger.ts';
import { silentLogger } from '../base/logger.ts';
import { LiveSettings } from './live-settings.ts';
import { loadSettings } from './load-settings.ts';
import { SettingsReload } from './settings-reload.ts';

/** A clock with one timer, which fires when a test calls `tick`. */
class HandClock {
  timer: { milliseconds: number; fire: () => void } | undefined;
  now = () => 0;
  date = () => 0;
  after = (milliseconds: number, fire: () => void) => {
    this.timer = { milliseconds, fire };
    return () => {
      this.timer = undefined;
    };
  };

  /** Fires the timer and waits for the next one. @returns the delay of the next timer in milliseconds */
  async tick(): Promise<number> {
    this.#take()?.fire();
    await expect.poll(() => this.timer).toBeDefined();
    return this.timer?.milliseconds ?? 0;
  }

  #take() {
    const { timer } = this;
    this.timer = undefined;
    return timer;
  }
}

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-reload-'));
  path = join(folder, 'config.yaml');
});

afterEach(() => rm(folder, { recursive: true }));

async function start(text: string) {
  await writeFile(path, text);
  const environment = { OLLAMA_CONFIG: path };
  const loaded = await loadSettings(environment);
  const settings = new LiveSettings(loaded);
  const clock = new HandClock();
  const lines: [string, string, LogFields | undefined][] = [];
  const record = (level: string) => (message: string, fields?: LogFields) => {
    lines.push([level, message, fields]);
  };
  const logger: Logger = {
    ...silentLogger,
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
  };
  const reload = new SettingsReload({ environment, settings, loaded, clock, logger });
  return { settings, clock, lines, reload };
}

describe('SettingsReload', () => {
  it('reloads a changed file once it has stayed the same for a moment', async () => {
    const { settings, clock, lines } = await start('max_queue: 1\n');
    expect(await clock.tick()).toBe(2000);
    await writeFile(path, '');
    expect(await clock.tick()).toBe(100);
    await writeFile(path, 'max_queue: 2\nmodels_dir: /elsewhere\n');
    expect(await clock.tick()).toBe(100);
    expect(settings.view.maxQueue).toBe(1);
    expect(await clock.tick()).toBe(2000);
    expect(settings.view.maxQueue).toBe(2);
    expect(lines).toEqual([
      ['info', 'settings reloaded', { file: path, changed: ['OLLAMA_MAX_QUEUE'] }],
      ['warn', expect.stringContaining('restart'), { file: path, settings: ['OLLAMA_MODELS'] }],
    ]);
    await clock.tick();
    expect(lines).toHaveLength(2);
  });

  it('notices a file that replaces another one', async () => {
    const { settings, clock } = await start('max_queue: 1\n');
    await writeFile(join(folder, 'new'), 'max_queue: 2\n');
    await rename(join(folder, 'new'), path);
    await clock.tick();
    await clock.tick();
    expect(settings.view.maxQueue).toBe(2);
  });

  it('keeps the settings if the file has an error or was removed, and logs the reason once', async () => {
    const { settings, clock, lines } = await start('max_queue: 1\n');
    await writeFile(path, 'max_queue: 2\nkeep_alive: soon\n');
    for (let look = 0; look < 4; look++) await clock.tick();
    expect(settings.view.maxQueue).toBe(1);
    expect(lines).toEqual([
      ['error', expect.any(String), { reason: expect.stringContaining(`${path}:2:13: keep_alive: "soon"`) }],
    ]);
    await rm(path);
    await clock.tick();
    await clock.tick();
    expect(lines[1]?.[2]).toEqual({ reason: expect.stringContaining('no such file') });
  });

  it('reloads on request, but not after stop', async () => {
    const { settings, clock, reload, lines } = await start('max_queue: 1\n');
    await writeFile(path, 'max_queue: 2\n');
    await reload.reload();
    expect(settings.view.maxQueue).toBe(2);
    // The watch does not reload what was reloaded on request.
    await clock.tick();
    expect(lines).toHaveLength(1);
    reload.stop();
    expect(clock.timer).toBeUndefined();
    await writeFile(path, 'max_queue: 3\n');
    await reload.reload();
    expect(settings.view.maxQueue).toBe(2);
  });
});
