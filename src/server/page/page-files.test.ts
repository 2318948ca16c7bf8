import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PageFiles } from './page-files.ts';

let folder: string;

beforeEach(async () => {
  folder = `${await mkdtemp(join(tmpdir(), 'page-'))}/`;
});
afterEach(() => rm(folder, { recursive: true }));

it('knows the files that the build listed, and no others of the folder', async () => {
  await writeFile(`${folder}files.json`, JSON.stringify({ names: ['page.html', 'a.js'] }));
  await writeFile(`${folder}secret.txt`, 'x');
  const files = new PageFiles(folder);
  expect(files.isThere).toBe(true);
  expect(['a.js', 'secret.txt', 'files.json', '../a.js', 'a.js.br'].map((name) => files.has(name))).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});

it('reads a file in the form that was asked for, and gives each form a tag of its own', async () => {
  await writeFile(`${folder}files.json`, JSON.stringify({ names: ['a.js'] }));
  await writeFile(`${folder}a.js`, 'plain');
  await writeFile(`${folder}a.js.br`, 'small');
  const files = new PageFiles(folder);
  const plain = await files.read('a.js', 'identity');
  const small = await files.read('a.js', 'br');
  expect([plain.bytes.toString(), small.bytes.toString()]).toEqual(['plain', 'small']);
  expect(plain.etag).not.toBe(small.etag);
});

it('has no page where the build made none', () => {
  expect(new PageFiles(`${folder}none/`).isThere).toBe(false);
});
