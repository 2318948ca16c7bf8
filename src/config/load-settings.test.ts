import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintOf, loadSettings } from './load-settings.ts';

let home: string;
let path: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ollama-home-'));
  await mkdir(join(home, '.ollama'));
  path = join(home, '.ollama', 'config.yaml');
});

afterEach(() => rm(home, { recursive: true }));

describe('loadSettings', () => {
  it('lets the environment override the file, and the file the defaults', async () => {
    await writeFile(path, 'max_queue: 7\nkeep_alive: 1m\n');
    const { config, sources, warnings } = await loadSettings({ HOME: home, OLLAMA_KEEP_ALIVE: '2m' });
    expect(config).toMatchObject({ maxQueue: 7, keepAliveMs: 120_000, numParallel: 0 });
    expect(warnings).toEqual([]);
    expect(
      ['OLLAMA_MAX_QUEUE', 'OLLAMA_KEEP_ALIVE', 'OLLAMA_NUM_PARALLEL'].map((name) => sources.get(name)),
    ).toEqual(['file', 'environment', 'default']);
  });

  it('falls back to the value in the file if a variable cannot be parsed', async () => {
    await writeFile(path, 'max_queue: 7\n');
    const { config, sources, warnings } = await loadSettings({ HOME: home, OLLAMA_MAX_QUEUE: 'x' });
    expect([config.maxQueue, sources.get('OLLAMA_MAX_QUEUE')]).toEqual([7, 'file']);
    expect(warnings).toEqual([expect.stringMatching(/^OLLAMA_MAX_QUEUE: "x" .* using 7$/)]);
  });

  it('needs a file only if OLLAMA_CONFIG names one', async () => {
    const loaded = await loadSettings({ HOME: home });
    expect(loaded).toMatchObject({ path, config: { maxQueue: 512, configFile: path } });
    const other = join(home, 'other.yaml');
    await expect(loadSettings({ HOME: home, OLLAMA_CONFIG: other })).rejects.toThrow(
      `${other}: no such file`,
    );
    await writeFile(other, 'max_queue: 9\n');
    expect((await loadSettings({ HOME: home, OLLAMA_CONFIG: `"${other}"` })).config.maxQueue).toBe(9);
  });

  it.each([
    ['a large file', () => writeFile(path, '#'.repeat(1024 * 1024 + 1)), /is larger than 1048576 bytes/],
    ['bytes that are not text', () => writeFile(path, Buffer.from([0x61, 0xff])), /is not UTF-8 text/],
    ['a folder', () => mkdir(path), /config\.yaml is not a file/],
    ['a bad value', () => writeFile(path, 'max_queue: x\n'), /config\.yaml:1:12: max_queue: /],
  ])('refuses %s', async (_, prepare, expected) => {
    await prepare();
    await expect(loadSettings({ HOME: home })).rejects.toThrow(expected);
  });

  it('treats the null device as no file, and does not wait for a pipe', async () => {
    await writeFile(path, 'max_queue: 7\n');
    expect((await loadSettings({ HOME: home, OLLAMA_CONFIG: devNull })).config.maxQueue).toBe(512);
    const pipe = join(home, 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
    await expect(loadSettings({ HOME: home, OLLAMA_CONFIG: pipe })).rejects.toThrow('is not a file');
  });

  it('returns different fingerprints for different states of the file', async () => {
    const absent = await fingerprintOf(path);
    await writeFile(path, 'max_queue: 7\n');
    const first = await fingerprintOf(path);
    await writeFile(path, 'max_queue: 8\n');
    expect(new Set([absent, first, await fingerprintOf(path)]).size).toBe(3);
    expect((await loadSettings({ HOME: home })).fingerprint).toBe(await fingerprintOf(path));
  });
});
