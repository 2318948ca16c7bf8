import { createHash } from 'node:crypto';
import { link, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Digest, parseDigest } from '../names/digest.ts';
import { adoptLink } from './adopt-link.ts';
import { Store } from './store.ts';

let folder: string;
let file: string;
let store: Store;
const digestOf = (text: string): Digest =>
  parseDigest(`sha256:${createHash('sha256').update(text).digest('hex')}`);
const digest = digestOf('weights');
const token = 'a'.repeat(32);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'links-'));
  file = join(folder, 'mine.gguf');
  await writeFile(file, 'weights');
  store = new Store(join(folder, 'models'));
  await store.prepare();
});
afterEach(() => rm(folder, { recursive: true }));

const adopt = (of = digest) => adoptLink(store.blobs, { token, digest: of, source: file });
const kinds = { hard: link, symbolic: symlink };
const leftovers = async () =>
  (await readdir(store.blobs.folder)).filter((entry) => entry.startsWith('link-'));

/** Symbolic links need a privilege on Windows. */
const isWindows = process.platform === 'win32';
const kindsHere = isWindows ? (['hard'] as const) : (['hard', 'symbolic'] as const);

describe.each(kindsHere)('a %s link', (kind) => {
  const make = () => kinds[kind](file, store.blobs.linkPlace(token));

  it('becomes a blob without a copy, and its removal keeps the file', async () => {
    await make();
    await adopt();
    expect(await store.blobs.size(digest)).toBe(7);
    expect(await store.blobs.linkProblem(digest)).toBeUndefined();
    expect(await leftovers()).toEqual([]);
    await store.blobs.remove(digest);
    expect(await store.blobs.size(digest)).toBeUndefined();
    expect(await readFile(file, 'utf8')).toBe('weights');
    expect(await readdir(join(folder, 'models', 'links'))).toEqual([]);
  });

  it('does not count once the file has changed, even at the same length, until it is linked again', async () => {
    await make();
    await adopt();
    await writeFile(file, 'WEIGHTS');
    await utimes(file, 1, 1);
    expect(await store.blobs.linkProblem(digest)).toBe(
      `the linked file ${file} has changed since the model was created: create the model again`,
    );
    expect(await store.blobs.size(digest)).toBeUndefined();
    await writeFile(file, 'weights');
    await make();
    await adopt();
    expect(await store.blobs.linkProblem(digest)).toBeUndefined();
  });

  it('is replaced by a download, which leaves the file alone', async () => {
    await make();
    await adopt();
    await writeFile(file, 'changed');
    await utimes(file, 1, 1);
    await store.blobs.writeText('weights');
    expect(await store.blobs.linkProblem(digest)).toBeUndefined();
    expect(await store.blobs.read(digest)).toBe('weights');
    expect(await readFile(file, 'utf8')).toBe('changed');
  });

  it('is refused when the file has a different digest', async () => {
    await make();
    await expect(adopt(digestOf('other'))).rejects.toThrow('digest mismatch');
    expect(await readdir(store.blobs.folder)).toEqual([]);
    expect(await readFile(file, 'utf8')).toBe('weights');
  });
});

it.skipIf(isWindows)('reports a symbolic link whose file was removed', async () => {
  await symlink(file, store.blobs.linkPlace(token));
  await adopt();
  await rm(file);
  expect(await store.blobs.linkProblem(digest)).toBe(
    `the linked file ${file} no longer exists: put it back, or create the model again`,
  );
});

it.skipIf(isWindows)('refuses a missing link, a link to a device, and tokens that are paths', async () => {
  await expect(adopt()).rejects.toThrow('no link was found');
  await symlink('/dev/zero', store.blobs.linkPlace(token));
  await expect(adopt()).rejects.toThrow('does not lead to a file');
  expect(await leftovers()).toEqual([]);
  expect(() => store.blobs.linkPlace('../../x')).toThrow('invalid link token');
});
