/** What happens between a key store and its file while other processes change it. */
import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { keyFolder, keyRecord, keySettings } from '../../test/fakes/access/key-records.ts';
import { FakeClock } from '../../test/fakes/fake-clock.ts';
import { createDeferred } from '../base/deferred.ts';
import { silentLogger } from '../base/logger.ts';
import { KeyFile } from './key-file.ts';
import { KeyFolder } from './key-folder.ts';
import { KeyStore } from './key-store.ts';

/** Longer than the store waits between two looks at its file, or for the file to settle. */
const LOOK_MS = 1000;

let store: KeyStore;
let folder: string;
let clock: FakeClock;

afterEach(() => {
  vi.restoreAllMocks();
  store.close();
  rmSync(folder, { recursive: true });
});

async function open(): Promise<void> {
  folder = keyFolder([keyRecord('ok-1', { name: 'a' })]);
  clock = new FakeClock();
  store = await KeyStore.open({ folder, settings: keySettings(), clock, logger: silentLogger });
}

/** Resolves when the store waits for its clock. */
const waiting = () => vi.waitFor(() => expect(clock.pendingTimers).toBe(1));

describe('a key store whose file another process changes', () => {
  it('reads a change that follows its own at once', async () => {
    await open();
    const { update } = KeyFile.prototype;
    vi.spyOn(KeyFile.prototype, 'update').mockImplementationOnce(async function (this: KeyFile, change) {
      const changed = await update.call(this, change);
      await new KeyFolder(folder).revoke('a');
      return changed as never;
    });
    await store.create({ name: 'b' });
    clock.advance(LOOK_MS);
    await waiting();
    clock.advance(LOOK_MS);
    await vi.waitFor(() => expect(store.list().map(({ name }) => name)).toEqual(['b']));
    expect(store.identify('ok-1')).toBe('unknown');
  });

  it('changes nothing when it finds its own change in the file', async () => {
    await open();
    await store.create({ name: 'b' });
    let changes = 0;
    store.onChange(() => changes++);
    const read = vi.spyOn(KeyFile.prototype, 'read');
    clock.advance(LOOK_MS);
    await waiting();
    clock.advance(LOOK_MS);
    await vi.waitFor(() => expect(read).toHaveBeenCalled());
    await waiting();
    expect(changes).toBe(0);
    expect(store.list()).toHaveLength(2);
  });

  it('drops what it read before a key was revoked', async () => {
    await open();
    await new KeyFolder(folder).create({ name: 'other' });
    const [hasRead, mayEnd] = [createDeferred<void>(), createDeferred<void>()];
    const { read } = KeyFile.prototype;
    vi.spyOn(KeyFile.prototype, 'read').mockImplementationOnce(async function (this: KeyFile) {
      const records = await read.call(this);
      hasRead.resolve();
      await mayEnd.promise;
      return records;
    });
    clock.advance(LOOK_MS);
    await waiting();
    clock.advance(LOOK_MS);
    await hasRead.promise;
    await store.revoke('a');
    mayEnd.resolve();
    await waiting();
    expect(store.identify('ok-1')).toBe('unknown');
    expect(store.list().map(({ name }) => name)).toEqual(['other']);
  });
});
