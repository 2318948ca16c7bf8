import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { splitGguf } from '../../../test/fakes/models/gguf-shards.ts';
import { inlineTemplates } from '../../../test/fakes/models/inline-templates.ts';
import { writeRandomModel } from '../../../test/fakes/models/random-model.ts';
import { HuggingFaceServer } from '../../../test/fakes/servers/hugging-face-server.ts';
import { sha256 } from '../../../test/fakes/servers/registry-server.ts';
import { silentLogger } from '../../base/logger.ts';
import { encodeGguf } from '../../gguf/writer.ts';
import { assembleModel } from '../../models/assemble.ts';
import { ModelCatalog } from '../../models/catalog.ts';
import { ModelName } from '../../names/model-name.ts';
import { Store } from '../../store/store.ts';
import { DownloadLocks } from '../pull/download-locks.ts';
import { pullModel } from '../pull/pull.ts';
import type { PullProgress } from '../pull/pull-layers.ts';
import type { PullOptions } from '../pull/pull-options.ts';

let hub: HuggingFaceServer;
let folder: string;
let store: Store;
let catalog: ModelCatalog;
let whole: Uint8Array;
let shards: Map<string, Uint8Array>;

beforeEach(async () => {
  hub = await HuggingFaceServer.start();
  folder = await mkdtemp(join(tmpdir(), 'sharded-'));
  store = new Store(join(folder, 'models'));
  await store.prepare();
  catalog = new ModelCatalog({ store, logger: silentLogger, templates: inlineTemplates() });
  const path = join(folder, 'whole.gguf');
  await writeRandomModel(path);
  whole = await readFile(path);
  shards = await splitGguf(path, 'fox-Q4_K_M', 3);
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const name = (tag = 'Q4_K_M') => ModelName.parse(`hf.co/ada/fox:${tag}`);

async function pull(tag?: string, options: Partial<PullOptions> = {}): Promise<PullProgress[]> {
  const events: PullProgress[] = [];
  const pulled = pullModel(name(tag), {
    store,
    locks: new DownloadLocks(),
    fetch,
    logger: silentLogger,
    version: '0',
    insecure: true,
    origin: hub.url,
    assemble: (model, signal) => assembleModel(model, { store, catalog, signal }),
    ...options,
  });
  for await (const event of pulled) events.push(event);
  return events;
}

const blobs = async () => (await readdir(store.blobs.folder)).sort();
const firstShard = 'fox-Q4_K_M-00001-of-00003.gguf';
const lastShard = 'fox-Q4_K_M-00003-of-00003.gguf';

describe('a sharded model on Hugging Face', () => {
  it('becomes one file, and leaves nothing else behind', async () => {
    hub.add(shards, 'Q4_K_M/');
    const events = await pull();
    const statuses = [...new Set(events.map(({ status }) => status))];
    const pulling = [...shards.values()].map((bytes) => `pulling ${sha256(bytes).slice(7, 19)}`);
    expect(statuses.slice(0, 7)).toEqual([
      'pulling manifest',
      ...pulling,
      'verifying sha256 digest',
      'merging 3 shards',
      'parsing GGUF',
    ]);
    expect(statuses.at(-1)).toBe('success');
    const model = await catalog.find(name());
    expect(model?.weightsDigest).toBe(sha256(whole));
    expect(await readFile(model?.weightsPath ?? '')).toEqual(Buffer.from(whole));
    const stored = await store.manifests.read(name());
    const digests = [stored?.manifest.config, ...(stored?.manifest.layers ?? [])].map(
      (layer) => layer?.digest,
    );
    expect(await blobs()).toEqual(digests.map((digest) => digest?.replace(':', '-')).sort());
    // How far the merging is.
    const merging = events.filter(({ status }) => status.startsWith('merging'));
    expect(merging.at(-1)?.completed).toBe(merging.at(-1)?.total);
    expect(merging.length).toBeGreaterThan(2);
  });

  it('is downloaded again only when its shards change', async () => {
    hub.add(shards);
    await pull();
    const before = hub.storage.requests.length;
    expect((await pull()).map(({ status }) => status)).toEqual(['pulling manifest', 'success']);
    expect(hub.storage.requests).toHaveLength(before);

    const path = join(folder, 'newer.gguf');
    await writeRandomModel(path, { seed: 2 });
    hub.tree.length = 0;
    hub.add(await splitGguf(path, 'fox-Q4_K_M', 2));
    await pull();
    expect((await catalog.find(name()))?.weightsDigest).toBe(sha256(await readFile(path)));
    expect(await blobs()).not.toContain(sha256(whole).replace(':', '-'));
  });

  it('is downloaded again when its merged file is missing', async () => {
    hub.add(shards);
    await pull();
    await store.blobs.remove(sha256(whole));
    await pull();
    expect(await store.blobs.size(sha256(whole))).toBe(whole.length);
  });

  it('is found on later pages of the list, requested from the same host', async () => {
    hub.add(new Map([['README.md', Buffer.from('#')]]));
    hub.add(shards);
    hub.pageSize = 1;
    expect((await pull('latest')).at(-1)?.status).toBe('success');
    expect(hub.hub.requestsFor('/api/models/ada/fox/tree/main')).toHaveLength(4);
  });

  it('sends a stored token where it is asked for, but to no storage host', async () => {
    hub.add(shards);
    hub.token = 'hf_secret';
    const identity = { credential: async () => ({ token: 'hf_secret' }), sign: async () => undefined };
    await pull('Q4_K_M', { identity });
    expect(hub.storage.requests.length).toBeGreaterThan(2);
    expect(hub.storage.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    await expect(pull('Q4_K_M')).rejects.toThrow();
  });

  it('may be pulled by several requests at once', async () => {
    hub.add(shards);
    const locks = new DownloadLocks();
    const pulls = await Promise.all([pull('Q4_K_M', { locks }), pull('Q4_K_M', { locks })]);
    expect(pulls.map((events) => events.at(-1)?.status)).toEqual(['success', 'success']);
    expect(await readFile(store.blobs.path(sha256(whole)))).toEqual(Buffer.from(whole));
    const stored = await store.manifests.read(name());
    expect(await blobs()).toHaveLength((stored?.manifest.layers.length ?? 0) + 1);
  });

  it('includes the file that reads images, also one that the engine cannot use', async () => {
    hub.add(shards);
    const projector = encodeGguf({
      metadata: {
        'general.architecture': { type: 'string', value: 'clip' },
        'clip.has_vision_encoder': { type: 'bool', value: true },
      },
      tensors: [],
    });
    hub.add(new Map([['mmproj-F16.gguf', projector]]));
    await pull();
    const stored = await store.manifests.read(name());
    expect(stored?.manifest.layers.map(({ digest }) => digest)).toContain(sha256(projector));
    expect((await catalog.find(name()))?.weightsDigest).toBe(sha256(whole));
  });

  it('needs space for the shards and the merged file before the first byte arrives', async () => {
    hub.add(shards);
    const bytes = [...shards.values()].reduce((sum, { length }) => sum + length, 0);
    const freeBytes = async () => 2 * bytes - 1;
    await expect(pull('Q4_K_M', { freeBytes })).rejects.toThrow('not enough disk space');
    expect(hub.storage.requests).toEqual([]);
    await pull('Q4_K_M', { freeBytes: async () => 2 * bytes });
  });

  it('never follows a storage address into the private network of a public host', async () => {
    hub.add(shards);
    const resolveHost = async () => ['203.0.113.7'];
    const reroute: typeof fetch = (input, init) =>
      fetch(String(input).replace('https://huggingface.co', hub.url), init);
    const options = { insecure: false, origin: undefined, resolveHost, fetch: reroute };
    hub.hub.behave((request, response) => {
      if (!request.url?.includes('/resolve/')) return false;
      response.writeHead(302, { Location: 'https://127.0.0.1/blobs' }).end();
      return true;
    });
    await expect(pull('Q4_K_M', options)).rejects.toThrow(
      'refused a redirect from huggingface.co to the loopback address of 127.0.0.1',
    );
    expect(hub.storage.requests).toEqual([]);
  });
});

describe('a repository that cannot be used', () => {
  const refusal = 'pull model manifest: 400: The specified tag is a sharded GGUF.';

  it('reports the message of Hugging Face when there are no shards', async () => {
    hub.add(new Map([['fox-Q8_0.gguf', Buffer.from('x')]]));
    await expect(pull()).rejects.toThrow(refusal);
  });

  it('reports it when the list of files is refused', async () => {
    hub.hub.behave((request, response) => {
      if (!request.url?.startsWith('/api/')) return false;
      response.writeHead(403).end('no');
      return true;
    });
    await expect(pull()).rejects.toThrow(refusal);
  });

  it('lists the available shards for an unknown tag', async () => {
    hub.add(shards);
    await expect(pull('Q8_0')).rejects.toThrow('(available in shards: Q4_K_M)');
  });

  it('is not searched on other hosts', async () => {
    const other = ModelName.parse(`${hub.hub.host}/ada/fox:Q4_K_M`);
    const options = {
      store,
      locks: new DownloadLocks(),
      fetch,
      logger: silentLogger,
      version: '0',
      insecure: true,
    };
    const assemble = () => {
      throw new Error('nothing to assemble');
    };
    const events = pullModel(other, { ...options, assemble });
    await events.next();
    await expect(events.next()).rejects.toThrow('pull model manifest: 400: Bad Request');
    expect(hub.hub.requestsFor('/api/')).toEqual([]);
  });

  it.each<[string, () => void, string]>([
    ['a shard is missing', () => hub.tree.splice(1, 1), 'number 2 of 3 is missing from the repository'],
    [
      'a shard has no digest',
      () => hub.lie(firstShard, { lfs: undefined as never }),
      `${firstShard} has no SHA-256`,
    ],
    [
      'a digest is invalid',
      () => hub.lie(firstShard, { lfs: { oid: '../../etc/passwd', size: 1 } }),
      'lfs.oid is not a SHA-256',
    ],
    ['a size is negative', () => hub.lie(firstShard, { size: -1 }), 'list of files cannot be used: 0.size'],
    ['a file has two sizes', () => hub.lie(firstShard, { size: 7 }), 'has two different sizes, 7 and'],
    [
      'a path leads out of the repository',
      () => hub.lie(firstShard, { path: '../other-00001-of-00003.gguf' }),
      'is not a valid file path',
    ],
    [
      'a path is absolute',
      () => hub.lie(firstShard, { path: '/x-00001-of-00003.gguf' }),
      'is not a valid file path',
    ],
    [
      'a path contains backslashes',
      () => hub.lie(firstShard, { path: 'a\\..\\x.gguf' }),
      'is not a valid file path',
    ],
    [
      'a path is not valid text',
      () => hub.lie(firstShard, { path: '\ud800.gguf' }),
      'is not a valid file path',
    ],
    ['it is not a list', () => void hub.tree.splice(0, 3, null as never), 'list of files cannot be used: 0'],
  ])('is refused when %s', async (_, change, message) => {
    hub.add(shards);
    change();
    await expect(pull()).rejects.toThrow(message);
    expect(hub.storage.requests).toEqual([]);
    expect(await blobs()).toEqual([]);
  });

  it('is refused when the list of files does not end', async () => {
    hub.add(new Map(Array.from({ length: 30 }, (_, index) => [`${index}.txt`, Buffer.from('x')])));
    hub.pageSize = 1;
    await expect(pull()).rejects.toThrow('it has more than 10 pages');
    expect(hub.hub.requestsFor('/api/')).toHaveLength(10);
  });

  it('is refused when one page does not end', async () => {
    let sent = 0;
    hub.hub.behave((request, response) => {
      if (!request.url?.startsWith('/api/')) return false;
      const chunk = Buffer.alloc(256 * 1024, ' ');
      const send = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        sent += chunk.length;
      };
      response.on('drain', send);
      send();
      return true;
    });
    await expect(pull()).rejects.toThrow('the list of files is larger than');
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it.each<[string, (path: string) => void, string]>([
    [
      'bytes have a different digest',
      () =>
        hub.storage.blobs.set(
          sha256(shards.get(lastShard) ?? ''),
          Buffer.alloc(shards.get(lastShard)?.length ?? 0),
        ),
      'digest mismatch',
    ],
    [
      'a size is wrong',
      (path) => {
        const digest = sha256(shards.get(path) ?? '').slice(7);
        hub.lie(path, { size: 4, lfs: { oid: digest, size: 4 } });
      },
      'its manifest says 4',
    ],
  ])('leaves no model and no damaged blob when %s', async (_, change, message) => {
    hub.add(shards);
    change(lastShard);
    await expect(pull()).rejects.toThrow(message);
    expect(await store.manifests.read(name())).toBeUndefined();
    expect(await blobs()).not.toContain(sha256(shards.get(lastShard) ?? '').replace(':', '-'));
  });

  it('leaves nothing behind when the shards do not belong together', async () => {
    const other = await splitGguf(join(folder, 'whole.gguf'), 'fox-Q4_K_M', 2);
    const mixed = new Map(shards).set(lastShard, [...other.values()][1] ?? Buffer.alloc(0));
    hub.add(mixed);
    await expect(pull()).rejects.toThrow(
      /hf\.co\/ada\/fox:Q4_K_M cannot be merged: .* belongs to another set of shards/,
    );
    expect(await blobs()).toEqual([]);
  });
});
