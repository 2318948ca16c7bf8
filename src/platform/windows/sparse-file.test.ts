import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeSparse } from './sparse-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sparse-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const isWindows = process.platform === 'win32';

it('marks a file on Windows only, and leaves its bytes alone', async () => {
  const path = join(folder, 'Größe');
  await writeFile(path, 'text');
  expect(await makeSparse(path)).toBe(isWindows);
  expect(await readFile(path, 'utf8')).toBe('text');
});

it('creates no file', async () => {
  expect(await makeSparse(join(folder, 'none'))).toBe(false);
  await expect(stat(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
});
