import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseDigest } from '../names/digest.ts';
import { ModelName } from '../names/model-name.ts';
import { encodeManifest, MANIFEST_MEDIA_TYPE, mediaTypes } from './manifest.ts';
import { ManifestStore } from './manifest-store.ts';

let folder: string;
let store: ManifestStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifests-'));
  store = new ManifestStore(join(folder, 'manifests'));
});
afterEach(() => rm(folder, { recursive: true }));

const manifestOf = (size: number) =>
  encodeManifest({
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    config: { mediaType: mediaTypes.config, digest: parseDigest(`sha256:${'c'.repeat(64)}`), size: 5 },
    layers: [{ mediaType: mediaTypes.model, digest: parseDigest(`sha256:${'d'.repeat(64)}`), size }],
  });
const name = (text: string) => ModelName.parse(text);
const path = (text: string) => {
  const { host, namespace, model, tag } = name(text);
  return join(store.folder, host, namespace, model, tag);
};
const put = async (file: string, content: string) => {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
};

describe('ManifestStore.write and read', () => {
  it('keeps the bytes unchanged, and returns size and digest', async () => {
    const bytes = ` ${manifestOf(100)}\n`;
    const written = await store.write(name('mona/fox:tiny'), bytes);
    expect(await readFile(path('mona/fox:tiny'), 'utf8')).toBe(bytes);
    expect(written.digest).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(written.size).toBe(105);
    expect(await store.read(name('mona/fox:tiny'))).toEqual(written);
  });

  it('sees immediately what another program writes', async () => {
    const past = new Date(Date.now() - 60_000);
    await put(path('fox'), manifestOf(1));
    await utimes(path('fox'), past, past);
    const first = await store.read(name('fox'));
    expect(await store.read(name('fox'))).toEqual(first);
    await put(path('fox'), manifestOf(2));
    expect((await store.read(name('fox')))?.size).toBe(7);
    await put(path('fox'), manifestOf(3));
    expect((await store.read(name('fox')))?.size).toBe(8);
    await rm(path('fox'));
    expect(await store.read(name('fox'))).toBeUndefined();
  });

  it('finds a name in any letter case and keeps the stored case', async () => {
    await store.write(name('Mona/Fox:Tiny'), manifestOf(1));
    expect((await store.read(name('mona/FOX:tiny')))?.name.short).toBe('Mona/Fox:Tiny');
    await store.write(name('mona/fox:TINY'), manifestOf(2));
    const { entries } = await store.list();
    expect(entries.map((entry) => [entry.name.short, entry.size])).toEqual([['Mona/Fox:Tiny', 7]]);
    expect((await store.resolveCase(name('mona/fox:large'))).short).toBe('Mona/Fox:large');
  });

  it('refuses an invalid manifest and leaves the old one', async () => {
    const before = await store.write(name('fox'), manifestOf(1));
    await expect(store.write(name('fox'), '{}')).rejects.toThrow('invalid manifest');
    expect(await store.read(name('fox'))).toEqual(before);
  });

  it('finds nothing under an unknown name, or where a folder or file is in the way', async () => {
    expect(await store.read(name('fox'))).toBeUndefined();
    await store.write(name('fox:tiny'), manifestOf(1));
    await mkdir(path('fox:folder'));
    await put(join(store.folder, 'registry.ollama.ai', 'library', 'file'), '');
    expect(await store.read(name('fox:folder'))).toBeUndefined();
    expect(await store.read(name('file:tag'))).toBeUndefined();
  });

  it.each(['', '{}', 'null', '{"schemaVersion":2}', 'x'.repeat(5_000_000)])(
    'names the model of a broken manifest (%#)',
    async (text) => {
      await put(path('fox'), text);
      const reading = store.read(name('fox'));
      await expect(reading).rejects.toMatchObject({ code: 'internal' });
      await expect(reading).rejects.toThrow('the stored manifest of "fox:latest" is unusable');
    },
  );
});

describe('ManifestStore.list', () => {
  it('is empty without a folder', async () => {
    expect(await store.list()).toEqual({ entries: [], broken: [] });
  });

  it('lists the newest first, then by name', async () => {
    for (const [index, model] of ['old', 'b', 'a', 'new'].entries()) {
      await store.write(name(model), manifestOf(index));
      const seconds = { old: 1000, new: 3000 }[model] ?? 2000.5;
      await utimes(path(model), seconds, seconds);
    }
    const { entries } = await store.list();
    expect(entries.map((entry) => entry.name.model)).toEqual(['new', 'a', 'b', 'old']);
  });

  it('reports broken manifests and skips files without a valid name or depth', async () => {
    await store.write(name('good'), manifestOf(1));
    await put(path('bad'), 'not json');
    await put(join(store.folder, 'stray-file'), 'x');
    await put(join(store.folder, 'host', 'name', 'shallow'), 'x');
    await put(join(store.folder, 'host', 'name', 'model', 'tag', 'too-deep'), 'x');
    await put(join(store.folder, 'host', 'name', '.hidden', 'tag'), 'x');
    await put(join(store.folder, 'host', 'name', 'model', '.tmp-0123'), 'x');
    const { entries, broken } = await store.list();
    expect(entries.map((entry) => entry.name.short)).toEqual(['good:latest']);
    expect(broken).toEqual(['registry.ollama.ai/library/bad:latest']);
  });
});

describe('ManifestStore.copy', () => {
  it('copies the bytes, even over an existing model', async () => {
    await store.write(name('fox'), manifestOf(1));
    await store.write(name('copy'), manifestOf(2));
    expect(await store.copy(name('FOX'), name('copy'))).toBe(true);
    expect(await readFile(path('copy'), 'utf8')).toBe(manifestOf(1));
  });

  it('leaves a model copied onto itself unchanged', async () => {
    const before = await store.write(name('fox'), manifestOf(1));
    expect(await store.copy(name('fox'), name('Fox:LATEST'))).toBe(true);
    expect((await store.list()).entries).toEqual([before]);
  });

  it('returns false without a source', async () => {
    expect(await store.copy(name('fox'), name('copy'))).toBe(false);
    expect((await store.list()).entries).toEqual([]);
  });
});

describe('ManifestStore.remove', () => {
  it('removes the file and the folders left empty', async () => {
    await store.write(name('mona/fox:tiny'), manifestOf(1));
    await store.write(name('mona/fox:large'), manifestOf(1));
    expect(await store.remove(name('mona/FOX:tiny'))).toBe(true);
    expect(await readdir(dirname(path('mona/fox:large')))).toEqual(['large']);
    expect(await store.remove(name('mona/fox:large'))).toBe(true);
    expect(await readdir(store.folder)).toEqual([]);
    expect(await store.remove(name('mona/fox:large'))).toBe(false);
  });

  it('removes a broken manifest', async () => {
    await put(path('fox'), 'broken');
    expect(await store.remove(name('fox'))).toBe(true);
  });

  it('does not disturb a concurrent write beside it', async () => {
    for (let round = 0; round < 20; round++) {
      await store.write(name('fox:tiny'), manifestOf(1));
      await Promise.all([
        store.remove(name('fox:tiny')),
        store.write(name('fox:large'), manifestOf(2)),
        store.remove(name('fox:large')),
      ]);
    }
    expect((await store.list()).entries).toEqual([]);
  });
});
