import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryServer, requireToken, sha256 } from '../../../test/fakes/servers/registry-server.ts';
import { silentLogger } from '../../base/logger.ts';
import { ModelName } from '../../names/model-name.ts';
import { Store } from '../../store/store.ts';
import { RegistryTransports } from '../transport/transport.ts';
import { DownloadLocks } from './download-locks.ts';
import { mirrorsOf, pullFromSources } from './pull-from-sources.ts';

const layer = { mediaType: 'application/vnd.ollama.image.model', content: Buffer.alloc(50_000, 'weights ') };

let registry: RegistryServer;
let mirror: RegistryServer;
let folder: string;
let store: Store;

beforeEach(async () => {
  [registry, mirror] = await Promise.all([RegistryServer.start(), RegistryServer.start()]);
  folder = await mkdtemp(join(tmpdir(), 'mirrors-'));
  store = new Store(folder);
});
afterEach(async () => {
  await Promise.all([registry.close(), mirror.close()]);
  await rm(folder, { recursive: true });
});

async function pull(mirrors = [mirror.url]): Promise<string[]> {
  const statuses: string[] = [];
  const options = { store, locks: new DownloadLocks(), logger: silentLogger, version: '0', insecure: true };
  const transports = new RegistryTransports({});
  const name = ModelName.parse(registry.name('x'));
  for await (const { status } of pullFromSources(name, { ...options, transports, mirrors }))
    statuses.push(status);
  return statuses;
}

const isStored = async () => {
  const found = await readFile(store.blobs.path(sha256(layer.content)));
  return found.equals(layer.content) && (await store.manifests.read(ModelName.parse(registry.name('x'))));
};

describe('a pull with mirrors', () => {
  it('asks a mirror first, and then not the registry', async () => {
    mirror.publish('x', [layer]);
    expect((await pull()).at(-1)).toBe('success');
    expect(await isStored()).toBeTruthy();
    expect(registry.requests).toEqual([]);
  });

  it('falls back to the registry for a model the mirror lacks', async () => {
    registry.publish('x', [layer]);
    expect((await pull()).at(-1)).toBe('success');
    expect(mirror.requestsFor('manifests')).toHaveLength(1);
    expect(await isStored()).toBeTruthy();
  });

  it('falls back to the next mirror first when one does not answer or fails', async () => {
    registry.publish('x', [layer]);
    mirror.behave((_, response) => {
      response.writeHead(500).end('out of order');
      return true;
    });
    expect((await pull(['http://127.0.0.1:1', mirror.url])).at(-1)).toBe('success');
    expect(mirror.requestsFor('manifests')).toHaveLength(1);
    expect(await isStored()).toBeTruthy();
  });

  it('falls back when a mirror has the manifest but sends a wrong blob', async () => {
    registry.publish('x', [layer]);
    mirror.publish('x', [layer]);
    mirror.blobs.set(sha256(layer.content), Buffer.alloc(layer.content.length, 'nonsense'));
    expect((await pull()).at(-1)).toBe('success');
    expect(await isStored()).toBeTruthy();
  });

  it('reports the error of the registry when no source has the model', async () => {
    await expect(pull()).rejects.toThrow('pull model manifest: file does not exist');
  });

  it('never sends one source the token of another', async () => {
    registry.publish('x', [layer]);
    mirror.behave(requireToken(mirror, 'token-of-the-mirror'));
    registry.behave(requireToken(registry, 'token-of-the-registry'));
    await pull();
    const tokens = (server: RegistryServer) =>
      new Set(server.requests.map(({ headers }) => headers.authorization).filter((token) => token));
    expect([...tokens(mirror)]).toEqual(['Bearer token-of-the-mirror']);
    expect([...tokens(registry)]).toEqual(['Bearer token-of-the-registry']);
  });
});

describe('the mirrors of a registry', () => {
  it('are those configured for it, in order', () => {
    const all = [
      'a.example=https://1.example',
      'b.example=https://2.example',
      'a.example=http://3.example:5000',
    ];
    expect(mirrorsOf('A.example', all)).toEqual(['https://1.example', 'http://3.example:5000']);
    expect(mirrorsOf('c.example', all)).toEqual([]);
  });
});
