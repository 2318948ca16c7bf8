import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { keyFolder, keyRecord, keySettings } from '../../test/fakes/access/key-records.ts';
import { permissionsOf } from '../../test/fakes/mode-bits.ts';
import { systemClock } from '../base/clock.ts';
import type { LogFields } from '../base/logger.ts';
import { silentLogger } from '../base/logger.ts';
import type { RequireKey } from '../config/choices.ts';
import { KeyFile } from './key-file.ts';
import { KeyFolder } from './key-folder.ts';
import { digestOf } from './key-ring.ts';
import { KeyStore } from './key-store.ts';

const opened: { store: KeyStore; folder: string }[] = [];
const lines: { message: string; fields?: LogFields | undefined }[] = [];
const note = (message: string, fields?: LogFields) => void lines.push({ message, fields });
const logger = { ...silentLogger, warn: note, error: note };

afterEach(() => {
  lines.length = 0;
  for (const { store, folder } of opened.splice(0)) {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A clock whose looks come without the wait. */
const quickClock = {
  ...systemClock,
  after: (milliseconds: number, callback: () => void) => systemClock.after(milliseconds / 50, callback),
};

async function open(folder: string, settings = keySettings()): Promise<KeyStore> {
  const store = await KeyStore.open({ folder, settings, clock: quickClock, logger });
  opened.push({ store, folder });
  return store;
}

function identified(store: KeyStore, credential: string): string {
  const found = store.identify(credential);
  return typeof found === 'string' ? found : found.name;
}

const hash = (key: string) => digestOf(key);

describe('a key store', () => {
  it('needs no key before one exists, and the moment one does', async () => {
    const store = await open(keyFolder([]));
    expect([store.isIdle, store.isNeeded, store.hasKeys]).toEqual([true, false, false]);
    const { key, info } = await store.create({ name: 'Anna' });
    expect(key).toMatch(/^ok-[\w-]{43}$/);
    expect(info).toMatchObject({ name: 'Anna', scopes: ['generate', 'read', 'tools'], source: 'key file' });
    expect([store.isIdle, store.isNeeded, identified(store, key)]).toEqual([false, true, 'Anna']);
  });

  it('keeps what a key is out of its file, which only its owner can read', async () => {
    const folder = keyFolder([]);
    rmSync(join(folder, 'keys.json'));
    const store = await open(folder);
    const { key } = await store.create({ name: 'a' });
    const text = readFileSync(join(folder, 'keys.json'), 'utf8');
    expect(text).not.toContain(key);
    expect(text).not.toContain(key.slice(3));
    expect(text).toContain(`sha256:${hash(key)}`);
    expect(await permissionsOf(join(folder, 'keys.json'), 0o600)).toBe(0o600);
    expect(JSON.stringify([store.list(), store.show('a')])).not.toContain(hash(key));
  });

  it('reads back what it has written', async () => {
    const folder = keyFolder([]);
    const store = await open(folder);
    await store.create({
      name: 'full',
      scopes: ['admin', 'pull'],
      models: ['qwen*', 'org/x:8b'],
      requests_per_minute: 1,
      requests_per_day: 2,
      tokens_per_minute: 3,
      tokens_per_day: 4,
      concurrent: 5,
      priority: -2,
      expires: '2099-01-01',
    });
    await store.rotate('full', '1h');
    const again = await open(folder);
    expect(again.list()).toEqual(store.list());
    expect(again.show('FULL')).toMatchObject({
      concurrent: 5,
      priority: -2,
      expires_at: '2099-01-01T00:00:00.000Z',
    });
  });

  it('makes the old key of a rotation invalid at once, or after the time that was asked for', async () => {
    const store = await open(keyFolder([]));
    const { key: first, info } = await store.create({ name: 'a' });
    const { key: second, info: rotated } = await store.rotate(info.id);
    expect(rotated.id).toBe(info.id);
    expect([first, second].map((key) => identified(store, key))).toEqual(['unknown', 'a']);
    const { key: third } = await store.rotate('a', '1h');
    expect([second, third].map((key) => identified(store, key))).toEqual(['a', 'a']);
  });

  it('makes a revoked key invalid at once', async () => {
    const store = await open(keyFolder([keyRecord('ok-1', { name: 'a' }), keyRecord('ok-2', { name: 'b' })]));
    await store.revoke('a');
    expect(['ok-1', 'ok-2'].map((key) => identified(store, key))).toEqual(['unknown', 'b']);
    await expect(store.revoke('a')).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each([
    [{ name: 'B' }, /exists/],
    [{ name: 'x', expires: '2001-01-01' }, /in the past/],
    [{ name: 'x', expires: 'soon' }, /neither a time .* nor a duration/],
    [{ name: 'x', expires: '-5m' }, /neither a time/],
    [{ name: 'x', expires: '1000000y' }, /neither a time/],
  ])('refuses %j', async (request, expected) => {
    const store = await open(keyFolder([keyRecord('ok-2', { name: 'b' })]));
    await expect(store.create(request)).rejects.toThrow(expected);
    expect(store.list()).toHaveLength(1);
  });

  it('sees the changes of other processes', async () => {
    const folder = keyFolder([]);
    const store = await open(folder);
    const { key } = await new KeyFolder(folder).create({ name: 'other' });
    await vi.waitFor(() => expect(identified(store, key)).toBe('other'));
    await new KeyFolder(folder).revoke('other');
    await vi.waitFor(() => expect(identified(store, key)).toBe('unknown'));
  });

  it('loses no change of two that are made at the same time', async () => {
    const folder = keyFolder([]);
    const [left, right] = [new KeyFolder(folder), new KeyFolder(folder)];
    const names = Array.from({ length: 20 }, (_, index) => `k${index}`);
    await Promise.all(names.map((name, index) => (index % 2 === 0 ? left : right).create({ name })));
    expect((await left.list()).keys.map(({ name }) => name).sort()).toEqual([...names].sort());
  });

  it.each<[RequireKey, boolean, boolean]>([
    ['auto', false, false],
    ['auto', true, true],
    ['on', false, true],
    ['on', true, true],
    ['off', false, false],
    ['off', true, false],
  ])('with %s and keys: %j, needs a key: %j', async (choice, hasKeys, isNeeded) => {
    const store = await open(keyFolder(hasKeys ? [keyRecord('ok-1')] : []), keySettings(choice));
    expect(store.isNeeded).toBe(isNeeded);
  });

  it('stays closed when its last key has expired', async () => {
    const store = await open(keyFolder([keyRecord('ok-1', { expiresAt: 1 })]));
    expect([store.isNeeded, identified(store, 'ok-1')]).toEqual([true, 'expired']);
  });

  it('has the keys of the config file too, which are changed there', async () => {
    const configured = [{ name: 'ci', hash: hash('ok-ci'), grants: { models: ['q*'] } }];
    const store = await open(keyFolder([keyRecord('ok-1', { name: 'a' })]), keySettings('auto', configured));
    expect(['ok-ci', 'ok-1'].map((key) => identified(store, key))).toEqual(['ci', 'a']);
    expect(store.show('ci')).toMatchObject({ source: 'config file', models: ['q*'] });
    await expect(store.revoke('ci')).rejects.toThrow('is in the config file: change it there');
    await expect(store.rotate('ci')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(store.create({ name: 'CI' })).rejects.toThrow('exists');
  });
});

describe('a server that other machines reach', () => {
  it.each<[RequireKey, string, boolean, boolean]>([
    ['auto', '0.0.0.0', false, true],
    ['auto', '0.0.0.0', true, false],
    ['auto', '127.0.0.1', false, false],
    ['on', '0.0.0.0', false, false],
    ['off', '0.0.0.0', false, false],
  ])('with %s at %s and keys: %j, warns: %j', async (choice, host, hasKeys, warns) => {
    const store = await open(keyFolder(hasKeys ? [keyRecord('ok-1')] : []), keySettings(choice, [], host));
    expect(store.exposure !== undefined).toBe(warns);
    expect(lines.some(({ message }) => message.includes('ollama key create'))).toBe(warns);
  });

  it('warns when its listeners turn out to be reached, whatever its settings say', async () => {
    let isReachable = false;
    const parts = { folder: keyFolder([]), settings: keySettings('auto', [], '127.0.0.1') };
    const reach = { isReachable: () => isReachable };
    const store = await KeyStore.open({ ...parts, ...reach, clock: quickClock, logger });
    opened.push({ store, folder: parts.folder });
    expect([store.exposure, lines]).toEqual([undefined, []]);
    isReachable = true;
    store.logAccess();
    store.logAccess();
    expect(lines.map(({ message }) => message)).toEqual([store.exposure]);
    expect(store.exposure).toContain('ollama key create');
  });

  it('warns no longer once it has a key', async () => {
    const store = await open(keyFolder([]), keySettings('auto', [], '0.0.0.0'));
    await store.create({ name: 'a' });
    expect(store.exposure).toBeUndefined();
  });
});

describe('a key file that cannot be used', () => {
  const breakages: [string, (path: string) => void][] = [
    ['text', (path) => writeFileSync(path, 'garbage')],
    ['bytes', (path) => writeFileSync(path, randomBytes(1000))],
    ['nothing', (path) => writeFileSync(path, '')],
    ['a bad record among good ones', (path) => writeFileSync(path, '{"version":1,"keys":[{"id":"key_1"}]}')],
    ['another version', (path) => writeFileSync(path, '{"version":2,"keys":[]}')],
    ['17 MB', (path) => writeFileSync(path, ' '.repeat(17 * 1024 * 1024))],
    ['a folder', (path) => mkdirSync(path)],
    ['a named pipe', (path) => void execFileSync('sh', ['-c', 'mkfifo "$0"', path])],
  ];

  it.each(breakages)('closes the server: %s', async (_, make) => {
    const folder = keyFolder([keyRecord('ok-1', { name: 'a' })]);
    const path = join(folder, 'keys.json');
    const configured = [{ name: 'ci', hash: hash('ok-ci'), grants: {} }];
    const store = await open(folder, keySettings('auto', configured));
    rmSync(path);
    make(path);
    await vi.waitFor(() => expect(store.problem).toContain(path));
    expect([store.isNeeded, store.isIdle]).toEqual([true, false]);
    expect(() => store.identify('ok-1')).toThrow(/cannot be read/);
    expect(identified(store, 'ok-ci')).toBe('ci');
    expect(lines.filter(({ fields }) => fields?.file === path)).not.toEqual([]);
    await expect(store.create({ name: 'b' })).rejects.toThrow(path);

    rmSync(path, { recursive: true });
    await new KeyFolder(folder).create({ name: 'mended' });
    await vi.waitFor(() => expect(store.list().map(({ name }) => name)).toEqual(['mended', 'ci']));
    expect(store.problem).toBeUndefined();
  });

  it('closes a server that starts with it', async () => {
    const store = await open(keyFolder('{'));
    expect([store.isNeeded, store.hasKeys]).toEqual([true, true]);
  });

  it('does not open the server when it disappears', async () => {
    const folder = keyFolder('{');
    const store = await open(folder);
    rmSync(join(folder, 'keys.json'));
    await vi.waitFor(() => expect(lines.map(({ message }) => message).join()).toContain('disappeared'));
    expect([store.isNeeded, store.hasKeys]).toEqual([true, true]);
  });

  it('keeps its keys in force when it disappears', async () => {
    const folder = keyFolder([keyRecord('ok-1', { name: 'a' })]);
    const store = await open(folder);
    rmSync(join(folder, 'keys.json'));
    await vi.waitFor(() => expect(lines.map(({ message }) => message).join()).toContain('disappeared'));
    expect([store.isNeeded, identified(store, 'ok-1')]).toEqual([true, 'a']);
  });

  it('warns when others can write it', async () => {
    const folder = keyFolder([]);
    chmodSync(join(folder, 'keys.json'), 0o666);
    await open(folder);
    expect(lines.map(({ message }) => message).join()).toContain('other users can write the key file');
  });

  it('is never seen half written', async () => {
    const folder = keyFolder([keyRecord('ok-1', { name: 'a' })]);
    const [file, store] = [new KeyFile(folder), await open(folder)];
    let isDone = false;
    const writing = (async () => {
      for (let round = 0; round < 100; round++)
        await file.update((records) => {
          const record = keyRecord(`ok-x${round}`, { name: `x${round}` });
          return { records: [...records, record], record };
        });
      isDone = true;
    })();
    let checks = 0;
    while (!isDone) {
      expect(identified(store, 'ok-1')).toBe('a');
      checks += 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await writing;
    expect(checks).toBeGreaterThan(10);
    await vi.waitFor(() => expect(store.list()).toHaveLength(101));
    expect(store.problem).toBeUndefined();
  });

  it('may be replaced by renaming, as an editor does', async () => {
    const folder = keyFolder([keyRecord('ok-1', { name: 'a' })]);
    const store = await open(folder);
    const other = keyFolder([keyRecord('ok-2', { name: 'b' })]);
    renameSync(join(other, 'keys.json'), join(folder, 'keys.json'));
    await vi.waitFor(() => expect(store.list().map(({ name }) => name)).toEqual(['b']));
  });
});
