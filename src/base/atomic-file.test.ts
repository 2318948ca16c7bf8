import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
    expect((await stat(path)).mode & 0o777).toBe(0o600);
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

describe('explainStorageError', () => {
  it.each(['ENOSPC', 'EDQUOT'])('names the path when the disk is full (%s)', (code) => {
    const cause = Object.assign(new Error('write failed'), { code });
    const explained = explainStorageError(cause, '/models');
    expect(explained).toBeInstanceOf(OllamaError);
    expect(explained).toMatchObject({ code: 'storage-full', cause });
    expect(String(explained)).toContain('/models');
  });

  it('returns other errors unchanged', () => {
    const error = Object.assign(new Error('no'), { code: 'EIO' });
    expect(explainStorageError(error, '/models')).toBe(error);
  });
});
