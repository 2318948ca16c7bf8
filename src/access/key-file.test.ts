import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyFolder, keyRecord } from '../../test/fakes/access/key-records.ts';
import { revokeKey, rotateKey } from './key-changes.ts';
import { KeyFile } from './key-file.ts';
import { decodeKeys } from './stored-keys.ts';

let folder: string;
beforeEach(() => {
  folder = keyFolder([keyRecord('ok-1', { name: 'a' }), keyRecord('ok-2', { name: 'b' })]);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a key file', () => {
  it('decodes nothing again that it has read or written', async () => {
    const file = new KeyFile(folder);
    const before = await file.read();
    expect(await file.read()).toBe(before);
    const { records } = await file.update((now) => revokeKey(now, 'b'));
    expect(records[0]).toBe(before?.[0]);
    expect(await file.read()).toBe(records);
  });

  it('holds what another process reads from it, whatever was known before', async () => {
    const file = new KeyFile(folder);
    await file.read();
    await file.update((now) => rotateKey(now, 'a', '1h', Date.now()));
    const { records } = await file.update((now) => rotateKey(now, 'a', '2h', Date.now()));
    expect(await new KeyFile(folder).read()).toEqual(records);
  });

  it('is read again when it has changed elsewhere, even by as many bytes', async () => {
    const file = new KeyFile(folder);
    await file.read();
    writeFileSync(file.path, readFileSync(file.path, 'utf8').replace('"name":"a"', '"name":"c"'));
    expect((await file.read())?.map(({ name }) => name)).toEqual(['c', 'b']);
    await file.update((now) => revokeKey(now, 'c'));
    expect((await new KeyFile(folder).read())?.map(({ name }) => name)).toEqual(['b']);
  });

  it('lets others work while thousands of keys are decoded', async () => {
    rmSync(folder, { recursive: true });
    const names = Array.from({ length: 3000 }, (_, index) => `key ${index}`);
    folder = keyFolder(names.map((name) => keyRecord(name, { name })));
    let turns = 0;
    let isOver = false;
    const count = () => {
      if (!isOver) setImmediate(count);
      turns++;
    };
    const bytes = readFileSync(new KeyFile(folder).path, 'utf8');
    setImmediate(count);
    const records = await decodeKeys(bytes);
    isOver = true;
    expect(records.map(({ name }) => name)).toEqual(names);
    expect(turns).toBeGreaterThanOrEqual(10);
  });
});
