/** What a server does when its last API key is gone. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { keyFolder, keyRecord } from '../../test/fakes/access/key-records.ts';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import { readConfig } from '../config/config.ts';
import { emptyConfigFile } from '../config/file/config-file.ts';
import { LiveSettings } from '../config/live-settings.ts';
import { type AccessState, accessWarnings } from './access-warnings.ts';
import { KeyFolder } from './key-folder.ts';
import { digestOf } from './key-ring.ts';
import { KeyStore } from './key-store.ts';

const folders: string[] = [];
const stores: KeyStore[] = [];
const warnings: string[] = [];
const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
const quickClock = {
  ...systemClock,
  after: (milliseconds: number, callback: () => void) => systemClock.after(milliseconds / 50, callback),
};

afterEach(() => {
  warnings.length = 0;
  for (const store of stores.splice(0)) store.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const configOf = (environment: Record<string, string>) => readConfig(environment).config;
const ofFile = { ...emptyConfigFile, keys: [{ name: 'ci', hash: digestOf('ok-ci'), grants: {} }] };

/** A server with one key, "a" of the key file or "ci" of the config file. */
async function open(source: 'key file' | 'config file') {
  const folder = keyFolder(source === 'key file' ? [keyRecord('ok-1', { name: 'a' })] : []);
  folders.push(folder);
  const file = source === 'key file' ? emptyConfigFile : ofFile;
  const settings = new LiveSettings({ config: configOf({}), file });
  const reopen = async () => {
    const store = await KeyStore.open({ folder, settings, clock: quickClock, logger });
    stores.push(store);
    return store;
  };
  return { folder, settings, reopen, store: await reopen() };
}

const stateOf = ({ isNeeded, isIdle, hasKeys }: KeyStore) => ({ isNeeded, isIdle, hasKeys });
const closed = { isNeeded: true, isIdle: false, hasKeys: false };

it.each<[string, (server: Awaited<ReturnType<typeof open>>) => unknown, 'key file' | 'config file']>([
  ['revoked', ({ store }) => store.revoke('a'), 'key file'],
  ['revoked by another process', ({ folder }) => new KeyFolder(folder).revoke('a'), 'key file'],
  [
    'removed from the key file',
    ({ folder }) => writeFileSync(join(folder, 'keys.json'), '{"version":1,"keys":[]}'),
    'key file',
  ],
  [
    'lost with the config file',
    ({ settings }) => settings.replace({ config: configOf({}), file: emptyConfigFile }),
    'config file',
  ],
])('a server stays closed when its last key is %s', async (_, remove, source) => {
  const server = await open(source);
  await remove(server);
  await vi.waitFor(() => expect(stateOf(server.store)).toEqual(closed));
  expect(warnings).toEqual([expect.stringContaining('no API key is left')]);
  const { key } = await server.store.create({ name: 'next' });
  expect(server.store.identify(key)).toMatchObject({ name: 'next' });
});

it('OLLAMA_REQUIRE_KEY=off and a restart open such a server', async () => {
  const { settings, store, reopen } = await open('key file');
  await store.revoke('a');
  settings.replace({ config: configOf({ OLLAMA_REQUIRE_KEY: 'off' }), file: emptyConfigFile });
  expect(store.isNeeded).toBe(false);
  settings.replace({ config: configOf({}), file: emptyConfigFile });
  expect(store.isNeeded).toBe(true);
  expect(stateOf(await reopen())).toEqual({ isNeeded: false, isIdle: true, hasKeys: false });
});

it('a key file that cannot be used for a while does not keep a server without keys closed', async () => {
  const { folder, store, reopen } = await open('key file');
  await store.revoke('a');
  const path = join(folder, 'keys.json');
  const empty = readFileSync(path);
  writeFileSync(path, 'garbage');
  const restarted = await reopen();
  expect(restarted.isNeeded).toBe(true);
  writeFileSync(path, empty);
  await vi.waitFor(() => expect(restarted.isNeeded).toBe(false));
});

const opened: AccessState = { isNeeded: false, hasKeys: false, exposure: 'exposed' };
const needing: AccessState = { isNeeded: true, hasKeys: true, exposure: undefined };
const keyless: AccessState = { ...needing, hasKeys: false };
const chosen: AccessState = { ...opened, exposure: undefined };

it.each<[AccessState | undefined, AccessState, RegExp[]]>([
  [undefined, opened, [/^exposed$/]],
  [undefined, needing, []],
  [undefined, keyless, []],
  [opened, opened, []],
  [opened, needing, [/need an API key/]],
  [needing, opened, [/need no API key/, /^exposed$/]],
  [needing, chosen, [/need no API key/]],
  [needing, keyless, [/no API key is left/]],
  [keyless, needing, []],
  [opened, chosen, [/OLLAMA_REQUIRE_KEY is off/]],
  [chosen, opened, [/^exposed$/]],
])('the log reports the change from %j to %j', (before, now, expected) => {
  expect(accessWarnings(before, now)).toEqual(expected.map((text) => expect.stringMatching(text)));
});
