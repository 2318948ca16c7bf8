import { mkdir, mkdtemp, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { permissionsOf } from '../../test/fakes/mode-bits.ts';
import { explainStorageError, writeFileAtomically } from './atomic-file.ts';
import { OllamaError } from './errors.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atomic-file-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('writeFileAtomically', () => {
  it('creates missing folders, applies the mode and leaves no other file', async () => {
    const path = join(folder, 'a', 'b', 'key');
    await writeFileAtomically(path, 'secret', 0o600);
    expect(await readFile(path, 'utf8')).toBe('secret');
    expect(await permissionsOf(path, 0o600)).toBe(0o600);
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['key']);
  });

  it('replaces existing content', async () => {
    const path = join(folder, 'file');
    await writeFileAtomically(path, 'a long first text');
    await writeFileAtomically(path, new Uint8Array([50]));
    expect(await readFile(path, 'utf8')).toBe('2');
  });

  it('leaves no temporary file after a failure', async () => {
    await mkdir(join(folder, 'target', 'child'), { recursive: true });
    await expect(writeFileAtomically(join(folder, 'target'), 'text')).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['target']);
  });
});

describe('while another process removes the folder whenever it is empty', () => {
  it('a file is written all the same', async () => {
    const inner = join(folder, 'inner');
    let isDone = false;
    const removing = (async () => {
      while (!isDone) {
        await rmdir(inner).catch(() => undefined);
        await pause(1);
      }
    })();
    for (let round = 0; round < 50; round++) {
      await writeFileAtomically(join(inner, 'file'), 'text', 0o644, false);
      await rm(join(inner, 'file'));
    }
    isDone = true;
    await removing;
  });
});

describe('explainStorageError', () => {
  it.each(['ENOSPC', 'EDQUOT'])('names the path when the disk is full (%s)', (code) => {
    const cause = Object.assign(new Error('write failed'), { code });
    const explained = explainStorageError(cause, '/models');
    expect(explained).toBeInstanceOf(OllamaError);
    expect(explained).toMatchObject({ code: 'storage-full', cause });
    expect(String(explained)).toContain('/models');
  });

  it.each(['EROFS', 'EACCES', 'EPERM'])('names the path when it cannot be written (%s)', (code) => {
    const explained = explainStorageError(Object.assign(new Error('no'), { code }), '/models', 'linux');
    expect(explained).toMatchObject({ code: 'storage-read-only', status: 500 });
    expect(String(explained)).toMatch(/cannot write \/models: .+: make it writable/);
  });

  it.each(['EACCES', 'EPERM'])('names the other possible cause on Windows (%s)', (code) => {
    const explained = explainStorageError(Object.assign(new Error('no'), { code }), 'C:\\models', 'win32');
    expect(explained).toMatchObject({ code: 'storage-read-only' });
    expect(String(explained)).toMatch(
      /, or another program has it open: close that program, or make it writ/,
    );
  });

  it('names the cause when a file is in use', () => {
    const explained = explainStorageError(Object.assign(new Error('no'), { code: 'EBUSY' }), '/models');
    expect(explained).toMatchObject({ code: 'busy', status: 503 });
    expect(String(explained)).toContain('another program has it open');
  });

  it('returns other errors unchanged', () => {
    const error = Object.assign(new Error('no'), { code: 'EIO' });
    expect(explainStorageError(error, '/models')).toBe(error);
  });
});
