import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelName } from '../names/model-name.ts';
import { encodeManifest, MANIFEST_MEDIA_TYPE, mediaTypes } from './manifest.ts';
import { nameOfPath, pathOfName } from './manifest-path.ts';
import { ManifestStore } from './manifest-store.ts';

const onWindows = (text: string) => pathOfName(ModelName.parse(text), 'win32').join('/');
const fromWindows = (path: string) => nameOfPath(path.split('/'), 'win32')?.full;

/** A name, and its path on Windows. */
const paths = [
  ['registry.ollama.ai/library/fox:latest', 'registry.ollama.ai/library/fox/latest'],
  ['localhost:5000/library/fox:latest', 'localhost_5000/library/fox/latest'],
  ['127.0.0.1:11434/me/fox:7b-q4_0', '127.0.0.1_11434/me/fox/7b-q4_0'],
  ['my_server/me/fox:latest', 'my_server/me/fox/latest'],
  ['my_server_1/me/fox:latest', 'my_server_1_/me/fox/latest'],
  ['my_server_1_/me/fox:latest', 'my_server_1__/me/fox/latest'],
  ['my_server_1:80/me/fox:latest', 'my_server_1_80/me/fox/latest'],
  ['_::1_:8080/me/fox:latest', '_%%1_%8080/me/fox/latest'],
  ['a:b:5/me/fox:latest', 'a%b%5/me/fox/latest'],
  ['con/aux/nul:prn', '_con/_aux/_nul/_prn'],
  ['con:5/LPT1/COM9.gguf:Nul.x', 'con_5/_LPT1/_COM9.gguf/_Nul.x'],
  ['host/_con/__aux:console', 'host/__con/___aux/console'],
  ['host/me/con1:com0', 'host/me/con1/com0'],
  ['host./me/fox.:7b..', 'host._/me/fox._/7b.._'],
  ['host/me/fox._:con.', 'host/me/fox.__/_con._'],
] as const;

describe('a name on Windows', () => {
  it.each(paths)('%s is stored as %s', (name, path) => {
    expect(onWindows(name)).toBe(path);
    expect(fromWindows(path)).toBe(name);
  });

  it.each(paths)('%s has the parts of the name elsewhere', (name) => {
    const parsed = ModelName.parse(name);
    const path = pathOfName(parsed, 'linux');
    expect(path).toEqual([parsed.host, parsed.namespace, parsed.model, parsed.tag]);
    expect(nameOfPath(path, 'linux')?.full).toBe(name);
  });

  it('has one path, and each path one name', () => {
    const characters = ['_', '_', '.', ':', '1', 'con', 'a', '-'];
    const names = [...texts(characters, 4)].flatMap((text) => {
      const forms = [`${text}/me/fox:latest`, `host/me/${text.replaceAll(':', '_')}:latest`];
      return forms.map((form) => ModelName.tryParse(form)).filter((name) => name !== undefined);
    });
    const byPath = new Map<string, string>();
    for (const name of names) {
      const path = pathOfName(name, 'win32');
      expect(nameOfPath(path, 'win32')?.full).toBe(name.full);
      const text = path.join('/');
      expect(byPath.get(text) ?? name.full).toBe(name.full);
      byPath.set(text, name.full);
      for (const part of path) expect(isWindowsName(part)).toBe(true);
    }
    expect(byPath.size).toBeGreaterThan(2000);
  });
});

function* texts(characters: readonly string[], length: number): Generator<string> {
  yield '';
  if (length === 0) return;
  for (const rest of texts(characters, length - 1)) for (const first of characters) yield first + rest;
}

/** What Windows takes as the name of a file. */
function isWindowsName(text: string): boolean {
  const isDevice = /^(con|prn|aux|nul|com[1-9]|lpt[1-9])(\.|$)/i.test(text);
  return !isDevice && !/[<>:"/\\|?*]/.test(text) && !/[. ]$/.test(text);
}

describe('a store on Windows', () => {
  let folder: string;
  let store: ManifestStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'manifest-path-'));
    store = new ManifestStore(folder, undefined, 'win32');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const config = { mediaType: mediaTypes.config, digest: `sha256:${'0'.repeat(64)}` as const, size: 1 };
  const manifest = encodeManifest({ schemaVersion: 2, mediaType: MANIFEST_MEDIA_TYPE, config, layers: [] });

  it('lists, reads, copies and removes a model of a registry with a port, in any letter case', async () => {
    const name = ModelName.parse('localhost:5000/Me/con:latest');
    await store.write(name, manifest);
    expect(await readdir(folder)).toEqual(['localhost_5000']);
    expect((await store.list()).entries.map((entry) => entry.name.full)).toEqual([name.full]);
    const other = ModelName.parse('LOCALHOST:5000/me/CON');
    expect((await store.read(other))?.name.full).toBe(name.full);
    expect(await store.readBytes(other)).toBeDefined();
    expect(await store.copy(other, ModelName.parse('nul.gguf'))).toBe(true);
    expect(await store.read(ModelName.parse('nul.gguf'))).toBeDefined();
    expect(await store.remove(other)).toBe(true);
    expect(await readdir(folder)).toEqual(['registry.ollama.ai']);
  });

  it('lists a file whose path no name has as broken, so that its blobs stay', async () => {
    await new ManifestStore(folder, undefined, 'linux').write(ModelName.parse('host/me/aux.gguf'), manifest);
    expect(await store.list()).toEqual({ entries: [], broken: ['host/me/aux.gguf:latest'] });
  });
});
