/** What Windows does with the files of a loaded model: they are mapped into memory and cannot be removed. */
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Digest, digestFileName } from '../names/digest.ts';
import { ModelName } from '../names/model-name.ts';
import { encodeManifest, MANIFEST_MEDIA_TYPE, mediaTypes } from './manifest.ts';
import { PRUNE_GRACE_MS, Store } from './store.ts';

let folder: string;
let store: Store;
/** Names of the files that are mapped. */
let mapped: Set<string>;

function openStore(): Store {
  return new Store(folder, {
    remove: async (path) => {
      if (mapped.has(basename(path))) return false;
      await rm(path, { force: true });
      return true;
    },
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blobs-in-use-'));
  mapped = new Set();
  store = openStore();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const fox = ModelName.parse('fox');
const blobs = () => readdir(store.blobs.folder);
const setAge = (digest: Digest, milliseconds: number) => {
  const time = (Date.now() - milliseconds) / 1000;
  return utimes(store.blobs.path(digest), time, time);
};

async function create(weights: string): Promise<Digest> {
  const layer = await store.blobs.writeText(weights);
  const config = await store.blobs.writeText('config');
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    config: { mediaType: mediaTypes.config, digest: config.digest, size: config.size },
    layers: [{ mediaType: mediaTypes.model, digest: layer.digest, size: layer.size }],
  });
  await store.manifests.write(fox, manifest);
  return layer.digest;
}

/** Creates the model and loads it: its weights are mapped. */
async function load(weights: string): Promise<Digest> {
  const digest = await create(weights);
  mapped.add(digestFileName(digest));
  return digest;
}

async function unload(): Promise<void> {
  mapped.clear();
  await store.removeUnreferenced([]);
}

it('removes a loaded model at once and its weights when it is unloaded', async () => {
  const weights = await load('weights');
  expect(await store.removeModel(fox)).toBe(true);
  expect(await store.manifests.list()).toEqual({ entries: [], broken: [] });
  expect(await blobs()).toEqual([digestFileName(weights)]);
  await unload();
  expect(await blobs()).toEqual([]);
});

it('keeps the weights of a loaded model that is created again while they wait to be removed', async () => {
  const weights = await load('weights');
  await store.removeModel(fox);
  expect(await create('weights')).toBe(weights);
  await unload();
  expect(await blobs()).toContain(digestFileName(weights));
});

it('creates a loaded model again with other weights', async () => {
  const before = await load('weights');
  const after = await create('other weights');
  await store.removeUnreferenced([before]);
  expect(await blobs()).toEqual(expect.arrayContaining([before, after].map(digestFileName)));
  await unload();
  expect(await store.blobs.size(before)).toBeUndefined();
  expect(await store.blobs.size(after)).toBe('other weights'.length);
});

it('finds at the next start the weights that a killed server did not remove', async () => {
  const weights = await load('weights');
  await store.removeModel(fox);
  await setAge(weights, 2 * PRUNE_GRACE_MS);
  mapped.clear();
  const { removed } = await openStore().prune({ graceMs: PRUNE_GRACE_MS, now: Date.now() });
  expect(removed).toBe(1);
  expect(await blobs()).toEqual([]);
});

it('counts what prune() has removed, and removes the rest when it is unloaded', async () => {
  const weights = await load('weights');
  await store.removeModel(fox);
  await setAge(weights, 2 * PRUNE_GRACE_MS);
  expect(await store.prune({ graceMs: PRUNE_GRACE_MS, now: Date.now() })).toEqual({ removed: 0, broken: [] });
  await unload();
  expect(await blobs()).toEqual([]);
});
