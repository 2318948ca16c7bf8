import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Logger, silentLogger } from '../base/logger.ts';
import { ModelName } from '../names/model-name.ts';
import { encodeManifest, MANIFEST_MEDIA_TYPE, mediaTypes } from './manifest.ts';
import { PRUNE_GRACE_MS, Store } from './store.ts';

let folder: string;
let main: string;
let extra: string;
let other: Store;
let store: Store;
const lines: string[] = [];

const logger: Logger = {
  ...silentLogger,
  info: (message) => void lines.push(message),
  warn: (message) => void lines.push(message),
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'extra-'));
  main = join(folder, 'main');
  extra = join(folder, 'extra');
  other = new Store(extra);
  store = new Store(main, { extraFolders: [extra, main, join(extra, '.')], logger });
  lines.length = 0;
  await store.prepare();
});
afterEach(() => rm(folder, { recursive: true }));

const name = (text: string) => ModelName.parse(text);

async function addModel(to: Store, model: string, weights: string) {
  const config = await to.blobs.writeText(`config of ${model}`);
  const layer = await to.blobs.writeText(weights);
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    config: { mediaType: mediaTypes.config, digest: config.digest, size: config.size },
    layers: [{ mediaType: mediaTypes.model, digest: layer.digest, size: layer.size }],
  });
  await to.manifests.write(name(model), manifest);
  return layer.digest;
}

const listed = async () => (await store.manifests.list()).entries.map((entry) => entry.name.short).sort();

describe('models in extra folders', () => {
  it('are read in place; the main folder wins', async () => {
    const digest = await addModel(other, 'fox', 'weights');
    await addModel(other, 'Owl', 'theirs');
    await addModel(store, 'owl', 'ours');
    expect(await listed()).toEqual(['fox:latest', 'owl:latest']);
    const fox = await store.manifests.read(name('FOX'));
    expect(fox).toMatchObject({ readOnlyFolder: extra, name: { model: 'fox' } });
    expect(await store.blobs.locate(digest)).toBe(other.blobs.path(digest));
    expect(await store.blobs.read(digest)).toBe('weights');
    expect((await store.manifests.read(name('owl')))?.readOnlyFolder).toBeUndefined();
  });

  it('are not stored again; copying a model copies only its manifest', async () => {
    const digest = await addModel(other, 'fox', 'weights');
    expect(await store.blobs.writeText('weights')).toMatchObject({ digest, existed: true });
    expect(await store.manifests.copy(name('fox'), name('copy'))).toBe(true);
    expect((await store.manifests.read(name('copy')))?.readOnlyFolder).toBeUndefined();
    expect(await readdir(store.blobs.folder)).toEqual([]);
  });

  it('are never removed, neither by delete nor by prune', async () => {
    const digest = await addModel(other, 'fox', 'weights');
    await addModel(other, 'unnamed', 'no model names this');
    await other.manifests.remove(name('unnamed'));
    const before = await readdir(other.blobs.folder);
    await expect(store.removeModel(name('fox'))).rejects.toThrow(`is in the read-only folder ${extra}`);
    await store.prune({ graceMs: 0, now: Date.now() + 2 * PRUNE_GRACE_MS });
    await store.manifests.copy(name('fox'), name('copy'));
    expect(await store.removeModel(name('copy'))).toBe(true);
    expect(await readdir(other.blobs.folder)).toEqual(before);
    expect(await other.blobs.size(digest)).toBe(7);
    expect(await listed()).toEqual(['fox:latest']);
  });

  it('may disappear and return, with one warning', async () => {
    await addModel(other, 'fox', 'weights');
    await rename(extra, `${extra}-away`);
    expect(await listed()).toEqual([]);
    expect(await store.manifests.read(name('fox'))).toBeUndefined();
    expect(lines).toEqual(['extra models folder cannot be read; continuing without it']);
    await rename(`${extra}-away`, extra);
    expect(await listed()).toEqual(['fox:latest']);
    expect(lines).toEqual([expect.any(String), 'extra models folder is readable again']);
  });

  it('do not prevent pruning of the main folder when they are broken', async () => {
    await addModel(other, 'fox', 'weights');
    await writeFile(join(extra, 'manifests/registry.ollama.ai/library/fox/latest'), '{');
    const { digest } = await store.blobs.writeText('unused');
    const result = await store.prune({ graceMs: 0, now: Date.now() + 1000 });
    expect(result).toEqual({ removed: 1, broken: [] });
    expect(await store.blobs.size(digest)).toBeUndefined();
  });
});
