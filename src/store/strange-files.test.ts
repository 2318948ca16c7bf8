/** A models folder that contains other things than files: nothing waits for them, and nothing is lost because of them. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Logger, silentLogger } from '../base/logger.ts';
import { digestFileName } from '../names/digest.ts';
import { ModelName } from '../names/model-name.ts';
import { encodeManifest, MANIFEST_MEDIA_TYPE, MAX_MANIFEST_BYTES, mediaTypes } from './manifest.ts';
import { ownIdentity } from './process-identity.ts';
import { PRUNE_GRACE_MS, Store } from './store.ts';

/** Windows has neither pipes in folders nor /dev, and symbolic links need a privilege there. */
const onPosix = it.skipIf(process.platform === 'win32');
const isWindows = process.platform === 'win32';

const HOURS = 3_600_000;
/** Above the largest number that Linux gives to a process. */
const NO_PROCESS = 2 ** 22 + 1;

let folder: string;
let models: string;
let store: Store;
let lines: { message: string; path: unknown }[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strange-'));
  models = join(folder, 'models');
  lines = [];
  const warn: Logger['warn'] = (message, fields) => void lines.push({ message, path: fields?.path });
  store = new Store(models, { logger: { ...silentLogger, warn } });
  await store.prepare();
});
afterEach(() => rm(folder, { recursive: true }));

const name = (text: string) => ModelName.parse(text);
const library = () => join(models, 'manifests/registry.ollama.ai/library');
const tag = (model: string) => join(library(), model, 'latest');
const makePipe = (path: string) => promisify(execFile)('mkfifo', [path]);
const listed = async () => (await store.manifests.list()).entries.map((entry) => entry.name.short).sort();
const prune = (now = Date.now()) => store.prune({ graceMs: PRUNE_GRACE_MS, now });

async function addModel(model: string) {
  const config = await store.blobs.writeText(`config of ${model}`);
  const content = encodeManifest({
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    config: { mediaType: mediaTypes.config, digest: config.digest, size: config.size },
    layers: [],
  });
  await store.manifests.write(name(model), content);
  return config.digest;
}

describe('in place of a manifest', () => {
  beforeEach(async () => {
    await addModel('good');
    await mkdir(join(library(), 'bad'));
  });

  onPosix.each<[string, () => Promise<unknown>, string]>([
    ['a named pipe', () => makePipe(tag('bad')), 'named pipe'],
    ['a link to a device', () => symlink('/dev/zero', tag('bad')), 'device'],
    ['a link to itself', () => symlink('latest', tag('bad')), 'loop of symbolic links'],
    ['a link to a folder', () => symlink(library(), tag('bad')), 'folder'],
  ])('%s is reported, logged once and can be removed', async (_, make, what) => {
    await make();
    await expectReported(what);
  });

  it('a file above the limit is reported, logged once and can be removed', async () => {
    await writeFile(tag('bad'), ' '.repeat(MAX_MANIFEST_BYTES + 1));
    await expectReported('larger than');
  });

  async function expectReported(what: string): Promise<void> {
    for (let round = 0; round < 3; round++) expect(await listed()).toEqual(['good:latest']);
    expect(lines).toEqual([{ message: 'a manifest cannot be used; it is skipped', path: tag('bad') }]);
    await expect(store.manifests.read(name('bad'))).rejects.toThrow(what);
    expect(await store.removeModel(name('bad'))).toBe(true);
    expect(await store.manifests.read(name('bad'))).toBeUndefined();
    expect(await listed()).toEqual(['good:latest']);
  }

  onPosix('a link to a file elsewhere works', async () => {
    await rename(tag('good'), join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), tag('good'));
    await symlink(join(folder, 'elsewhere'), tag('bad'));
    expect(await listed()).toEqual(['bad:latest', 'good:latest']);
    expect((await store.manifests.read(name('good')))?.size).toBe('config of good'.length);
  });
});

describe('a link to a folder', () => {
  onPosix.each(['', 'registry.ollama.ai', 'registry.ollama.ai/library'])(
    'in manifests/%s is not followed, and blobs that its models need stay',
    async (place) => {
      const digest = await addModel('good');
      const all = join(models, 'manifests');
      await mkdir(join(folder, 'elsewhere'));
      const moved = place === '' ? 'registry.ollama.ai' : place === 'registry.ollama.ai' ? 'library' : 'good';
      await rename(join(all, place, moved), join(folder, 'elsewhere', moved));
      await symlink(join(folder, 'elsewhere', moved), join(all, place, moved));
      expect(await listed()).toEqual([]);
      const link = join(all, place, moved);
      expect(lines).toEqual([{ message: 'a manifest cannot be used; it is skipped', path: link }]);
      for (const work of [
        () => store.manifests.read(name('good')),
        () => store.manifests.write(name('good'), '{}'),
        () => store.removeModel(name('good')),
      ])
        await expect(work()).rejects.toThrow();
      await expect(store.manifests.read(name('good'))).rejects.toThrow('move the folder to this place');
      await prune(Date.now() + 100 * HOURS);
      await store.removeUnreferenced([digest]);
      expect(await store.blobs.size(digest)).toBe('config of good'.length);
    },
  );

  onPosix('that leads back to the manifests is not followed', async () => {
    await addModel('good');
    await symlink(join(models, 'manifests'), join(models, 'manifests', 'again'));
    await symlink(library(), join(library(), 'again'));
    expect(await listed()).toEqual(['good:latest']);
  });

  onPosix('may be the models folder itself, or its manifests or blobs', async () => {
    const digest = await addModel('good');
    for (const part of ['models/manifests', 'models/blobs', 'models']) {
      await rename(join(folder, part), join(folder, `real-${part.replace('/', '-')}`));
      await symlink(join(folder, `real-${part.replace('/', '-')}`), join(folder, part));
    }
    expect(await listed()).toEqual(['good:latest']);
    expect(await store.blobs.read(digest)).toBe('config of good');
    await addModel('other');
    expect(await listed()).toEqual(['good:latest', 'other:latest']);
  });
});

describe('among the blobs', () => {
  onPosix('pipes, devices, loops and links to folders are skipped, and each is logged', async () => {
    const digest = await addModel('good');
    const path = (digit: string) => join(store.blobs.folder, `sha256-${digit.repeat(64)}`);
    await makePipe(path('1'));
    await symlink('/dev/zero', path('2'));
    await symlink(models, path('3'));
    await mkdir(path('4'));
    await prune(Date.now() + 100 * HOURS);
    expect(lines.map((line) => line.path).sort()).toEqual(['1', '2', '3', '4'].map(path));
    expect((await readdir(store.blobs.folder)).sort()).toEqual(
      [...['1', '2', '3', '4'].map((digit) => `sha256-${digit.repeat(64)}`), digestFileName(digest)].sort(),
    );
  });

  onPosix('none of them is a blob, and one with the right bytes can be put in its place', async () => {
    const { digest } = await store.blobs.writeText('text');
    for (const make of [
      () => makePipe(store.blobs.path(digest)),
      () => symlink('/dev/zero', store.blobs.path(digest)),
      () => symlink('x', join(store.blobs.folder, 'x')).then(() => symlink('x', store.blobs.path(digest))),
    ]) {
      await rm(store.blobs.path(digest));
      await make();
      expect(await store.blobs.size(digest)).toBeUndefined();
      await expect(store.blobs.read(digest)).rejects.toThrow();
      await store.blobs.writeText('text');
      expect(await store.blobs.read(digest)).toBe('text');
    }
  });

  onPosix('a pipe beside them does not stop links and locks', async () => {
    const digest = await addModel('good');
    for (const file of [
      `links/${digestFileName(digest)}.json`,
      'locks/remove',
      `locks/use-${'a'.repeat(32)}`,
    ]) {
      await mkdir(dirname(join(models, file)), { recursive: true });
      await makePipe(join(models, file));
      await utimes(join(models, file), 1, 1);
    }
    expect(await store.blobs.read(digest)).toBe('config of good');
    expect(await store.removeModel(name('good'))).toBe(true);
    expect(await store.blobs.size(digest)).toBeUndefined();
  });
});

describe('what killed processes left behind', () => {
  const token = 'b'.repeat(32);
  const temporary = `.tmp-${'c'.repeat(16)}`;
  const leftovers = [
    'blobs/sha256-123456',
    `blobs/${temporary}`,
    `blobs/sha256-${'d'.repeat(64)}-partial`,
    `blobs/sha256-${'d'.repeat(64)}-partial.state`,
    `links/${temporary}`,
    `links/sha256-${'e'.repeat(64)}.json`,
    `sources/${temporary}`,
    `locks/use-${token}.${token}`,
    `locks/${'f'.repeat(64)}`,
    `manifests/registry.ollama.ai/library/good/${temporary}`,
  ];
  const all = isWindows ? leftovers : [...leftovers, `blobs/link-${token}`];
  const left = async () => {
    const paths = await readdir(models, { recursive: true });
    return all.filter((path) => paths.includes(path.split('/').join(sep)));
  };

  beforeEach(async () => {
    await addModel('good');
    for (const file of leftovers) {
      await mkdir(dirname(join(models, file)), { recursive: true });
      await writeFile(join(models, file), '');
    }
    const dead = { ...(await ownIdentity()), pid: NO_PROCESS, token };
    await writeFile(join(models, 'locks', 'f'.repeat(64)), JSON.stringify(dead));
    for (const file of leftovers.filter((path) => path.startsWith('locks/'))) {
      await utimes(join(models, file), Date.now() / 1000 - 600, Date.now() / 1000 - 600);
    }
    // The client's file no longer exists.
    await symlink(join(folder, 'none'), join(store.blobs.folder, `link-${token}`));
  });

  it('stays within the grace, and is removed after it', async () => {
    await prune(Date.now() + HOURS / 2);
    expect(await left()).toEqual(all);
    await prune(Date.now() + 8 * 24 * HOURS);
    expect(await left()).toEqual([]);
    expect(await listed()).toEqual(['good:latest']);
  });

  it('is removed by a sweep too, which keeps all blobs', async () => {
    const { digest } = await store.blobs.writeText('uploaded for a model that is still to be created');
    await store.prune({ graceMs: PRUNE_GRACE_MS, now: Date.now() + 8 * 24 * HOURS, isSweep: true });
    expect(await left()).toEqual([]);
    expect(await store.blobs.size(digest)).toBeDefined();
  });

  it('is kept while another process adds blobs', async () => {
    const release = await store.locks.use();
    await prune(Date.now() + 8 * 24 * HOURS);
    expect(await left()).toEqual(all);
    await release();
  });
});
