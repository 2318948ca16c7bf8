import { access, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Digest, parseDigest } from '../names/digest.ts';
import { ModelName } from '../names/model-name.ts';
import { encodeManifest, MANIFEST_MEDIA_TYPE, mediaTypes } from './manifest.ts';
import { PRUNE_GRACE_MS, Store } from './store.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
  store = new Store(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const name = (text: string) => ModelName.parse(text);
const blobs = async () => (await readdir(join(folder, 'blobs'))).sort();
const fileName = (digest: Digest) => digest.replace(':', '-');

/** A model with two blobs: its own config, and weights that may be shared. */
async function addModel(model: string, weights: string): Promise<{ config: Digest; weights: Digest }> {
  const config = await store.blobs.writeText(`config of ${model}`);
  const layer = await store.blobs.writeText(weights);
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    config: { mediaType: mediaTypes.config, digest: config.digest, size: config.size },
    layers: [{ mediaType: mediaTypes.model, digest: layer.digest, size: layer.size }],
  });
  await store.manifests.write(name(model), manifest);
  return { config: config.digest, weights: layer.digest };
}

async function breakManifest(model: string): Promise<void> {
  await writeFile(join(folder, 'manifests', 'registry.ollama.ai', 'library', model, 'latest'), '{"layers":');
}

describe('Store.removeModel', () => {
  it('removes the blobs that no other model uses', async () => {
    const fox = await addModel('fox', 'shared weights');
    const owl = await addModel('owl', 'shared weights');
    expect(await store.removeModel(name('FOX'))).toBe(true);
    expect(await blobs()).toEqual([fileName(owl.config), fileName(owl.weights)].sort());
    expect(await store.blobs.size(fox.config)).toBeUndefined();
    expect(await store.removeModel(name('owl'))).toBe(true);
    expect(await blobs()).toEqual([]);
    expect(await store.removeModel(name('owl'))).toBe(false);
  });

  it('removes a model with a broken manifest, and leaves its blobs', async () => {
    await addModel('fox', 'weights');
    await breakManifest('fox');
    expect(await store.removeModel(name('fox'))).toBe(true);
    expect(await store.manifests.list()).toEqual({ entries: [], broken: [] });
    expect(await blobs()).toHaveLength(2);
  });
});

describe('Store.removeUnreferenced', () => {
  it('leaves blobs that a model needs', async () => {
    const { weights } = await addModel('fox', 'weights');
    const { digest } = await store.blobs.writeText('unused');
    await store.removeUnreferenced([weights, digest, digest]);
    expect(await store.blobs.size(weights)).toBe(7);
    expect(await store.blobs.size(digest)).toBeUndefined();
  });
});

describe('Store.prune', () => {
  const now = 1_700_000_000_000;
  const prune = () => store.prune({ graceMs: PRUNE_GRACE_MS, now });
  const age = (file: string, hours: number) => {
    const seconds = now / 1000 - hours * 3600;
    return utimes(join(folder, 'blobs', file), seconds, seconds);
  };
  const partial = `sha256-${'0'.repeat(64)}-partial`;

  async function fill(): Promise<{ used: string[]; young: string }> {
    const { config, weights } = await addModel('fox', 'weights');
    const used = [fileName(config), fileName(weights)];
    const unused = fileName((await store.blobs.writeText('unused')).digest);
    const young = fileName((await store.blobs.writeText('young')).digest);
    for (const file of ['sha256-123456', partial, `${partial}-0`, 'note.txt'])
      await writeFile(join(folder, 'blobs', file), '');
    for (const file of [...used, unused, 'sha256-123456', partial, `${partial}-0`, 'note.txt'])
      await age(file, 2);
    await age(young, 0.9);
    return { used, young };
  }

  it('removes old files that no model needs, and keeps recent files and interrupted downloads', async () => {
    const { used, young } = await fill();
    expect(await prune()).toEqual({ removed: 3, broken: [] });
    expect(await blobs()).toEqual([...used, young, partial, `${partial}-0`].sort());
  });

  it('removes old records of files at URLs whose blobs no model needs', async () => {
    const { weights } = await addModel('fox', 'weights');
    const { digest: unused } = await store.blobs.writeText('unused');
    const keys = ['a', 'b', 'c'].map((digit) => parseDigest(`sha256:${digit.repeat(64)}`));
    const [used, old, young] = keys as [Digest, Digest, Digest];
    const records = [
      [used, weights],
      [old, unused],
      [young, unused],
    ] as const;
    for (const [key, digest] of records) await store.sources.add(key, digest);
    const ages = [2, 2, 0.5].map((hours) => now / 1000 - hours * 3600);
    for (const [index, key] of keys.entries()) {
      const seconds = ages[index] ?? 0;
      await utimes(join(folder, 'sources', key.slice('sha256:'.length)), seconds, seconds);
    }
    await prune();
    expect((await readdir(join(folder, 'sources'))).sort()).toEqual([used, young].map((key) => key.slice(7)));
  });

  it('removes interrupted downloads after a week', async () => {
    await fill();
    await age(partial, 8 * 24);
    await prune();
    expect(await blobs()).not.toContain(partial);
    expect(await blobs()).toContain(`${partial}-0`);
  });

  it('removes what a killed conversion or quantization was writing at once, unless a process adds blobs', async () => {
    const upload = 'sha256-123456';
    const place = await store.blobs.newTemporaryPlace();
    await writeFile(join(folder, 'blobs', upload), '');
    await age(upload, 0.1);
    async function* work() {
      yield await prune();
    }
    for await (const result of store.adding(work())) expect(result.removed).toBe(0);
    await access(place);
    expect(await prune()).toEqual({ removed: 1, broken: [] });
    expect(await blobs()).toEqual([upload]);
  });

  it('removes no blob while a manifest is broken, because it may name any', async () => {
    await fill();
    await addModel('owl', 'more');
    await breakManifest('owl');
    const before = await blobs();
    expect(await prune()).toEqual({ removed: 1, broken: ['registry.ollama.ai/library/owl:latest'] });
    expect(await blobs()).toEqual(before.filter((file) => file !== 'sha256-123456'));
  });

  it('removes empty manifest folders and leaves the others', async () => {
    await addModel('fox', 'weights');
    await mkdir(join(folder, 'manifests', 'host', 'name', 'model'), { recursive: true });
    await prune();
    expect(await readdir(join(folder, 'manifests'))).toEqual(['registry.ollama.ai']);
    expect((await store.manifests.list()).entries).toHaveLength(1);
  });

  it('removes old temporary manifest files left by an interrupted write', async () => {
    await addModel('fox', 'weights');
    const models = join(folder, 'manifests', 'registry.ollama.ai', 'library');
    await mkdir(join(models, 'owl'), { recursive: true });
    const temporary = (digit: string) => `.tmp-${digit.repeat(16)}`;
    const old = [join(models, 'owl', temporary('a')), join(models, 'fox', temporary('b'))];
    const kept = [join(models, 'fox', temporary('c')), join(models, 'fox', '.tmp-note')];
    for (const path of [...old, ...kept]) await writeFile(path, '{');
    for (const path of [...old, join(models, 'fox', '.tmp-note')])
      await utimes(path, now / 1000 - 7200, now / 1000 - 7200);
    await prune();
    expect(await readdir(models)).toEqual(['fox']);
    expect((await readdir(join(models, 'fox'))).sort()).toEqual([temporary('c'), '.tmp-note', 'latest']);
  });

  it('accepts a store that does not exist yet', async () => {
    expect(await prune()).toEqual({ removed: 0, broken: [] });
  });
});

describe('Store.prepare', () => {
  // Windows has no file names with a colon.
  it.skipIf(process.platform === 'win32')(
    'creates the blobs folder and renames blobs of old versions',
    async () => {
      await store.prepare();
      await access(join(folder, 'blobs'));
      const hex = 'e'.repeat(64);
      await writeFile(join(folder, 'blobs', `sha256:${hex}`), 'x');
      await writeFile(join(folder, 'blobs', 'sha256:other'), 'x');
      await store.prepare();
      expect(await blobs()).toEqual([`sha256-${hex}`, 'sha256:other']);
    },
  );
});
