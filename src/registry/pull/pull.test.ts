import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hurriedClock } from '../../../test/fakes/hurried-clock.ts';
import { openPullBench, type PullBench } from '../../../test/fakes/pull-bench.ts';
import {
  breakBlobs,
  RegistryServer,
  requireToken,
  sha256,
} from '../../../test/fakes/servers/registry-server.ts';
import { systemClock } from '../../base/clock.ts';
import { ModelName } from '../../names/model-name.ts';
import { pathOfName } from '../../store/manifest-path.ts';
import type { Store } from '../../store/store.ts';
import { pullModel } from './pull.ts';
import type { PullProgress } from './pull-layers.ts';
import type { PullOptions } from './pull-options.ts';

const modelType = 'application/vnd.ollama.image.model';
const licenseType = 'application/vnd.ollama.image.license';

let registry: RegistryServer;
let bench: PullBench;
let folder: string;
let store: Store;

beforeEach(async () => {
  registry = await RegistryServer.start();
  bench = await openPullBench(100);
  ({ folder, store } = bench);
});

afterEach(async () => {
  await registry.close();
  await bench.close();
});

function pull(name: string, options: Partial<PullOptions> = {}): AsyncGenerator<PullProgress, void> {
  return pullModel(ModelName.parse(name), { ...bench.options, ...options });
}

async function collect(events: AsyncIterable<PullProgress>): Promise<PullProgress[]> {
  const collected: PullProgress[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

const statusesOf = (events: PullProgress[]) => [...new Set(events.map((event) => event.status))];
const filesIn = async (path: string) => (await readdir(path).catch(() => [])).sort();
const blobFiles = () => filesIn(join(folder, 'blobs'));
const storedManifest = (name: string) => store.manifests.read(ModelName.parse(name));

/** Deterministic bytes that no two sizes share. */
const bytesOf = (size: number) => Buffer.alloc(size, `bytes of ${size} `);

describe('a friendly registry', () => {
  it('stores every blob, then the manifest byte for byte, with the statuses clients know', async () => {
    const weights = bytesOf(300_000);
    const manifest = registry.publish('x', [
      { mediaType: modelType, content: weights },
      { mediaType: licenseType, content: 'MIT' },
    ]);
    const events = await collect(pull(registry.name('x')));

    const configDigest = [...registry.blobs.keys()].find(
      (digest) => ![sha256(weights), sha256('MIT')].includes(digest as never),
    );
    expect(statusesOf(events)).toEqual([
      'pulling manifest',
      `pulling ${sha256(weights).slice(7, 19)}`,
      `pulling ${sha256('MIT').slice(7, 19)}`,
      `pulling ${configDigest?.slice(7, 19)}`,
      'verifying sha256 digest',
      'writing manifest',
      'success',
    ]);
    expect(events).toContainEqual({
      status: `pulling ${sha256(weights).slice(7, 19)}`,
      digest: sha256(weights),
      total: weights.length,
      completed: weights.length,
    });
    expect(await readFile(store.blobs.path(sha256(weights)))).toEqual(weights);
    const path = pathOfName(ModelName.parse(`${registry.host}/library/x`));
    expect(await readFile(join(folder, 'manifests', ...path))).toEqual(manifest);
    expect(await blobFiles()).toEqual(
      [...registry.blobs.keys()].map((digest) => digest.replace(':', '-')).sort(),
    );
    expect(registry.requests[0]?.headers.accept).toBe('application/vnd.docker.distribution.manifest.v2+json');
    expect(registry.requests[0]?.headers['user-agent']).toMatch(/^ollama\/0\.0\.0-test /);
  });

  it('skips stored blobs, and downloads a truncated one again', async () => {
    const weights = bytesOf(5000);
    registry.publish('x', [
      { mediaType: modelType, content: weights },
      { mediaType: licenseType, content: 'MIT' },
    ]);
    await collect(pull(registry.name('x')));
    await writeFile(store.blobs.path(sha256('MIT')), 'M');
    registry.requests.length = 0;
    await collect(pull(registry.name('x')));
    expect(registry.requestsFor('/blobs/')).toEqual([`/v2/library/x/blobs/${sha256('MIT')}`]);
    expect(await readFile(store.blobs.path(sha256('MIT')), 'utf8')).toBe('MIT');
  });

  it('handles an empty layer and one named twice', async () => {
    registry.publish('x', [
      { mediaType: licenseType, content: '' },
      { mediaType: licenseType, content: 'MIT' },
      { mediaType: licenseType, content: 'MIT' },
    ]);
    await collect(pull(registry.name('x')));
    expect((await storedManifest(registry.name('x')))?.manifest.layers).toHaveLength(3);
    expect(registry.requestsFor(sha256('MIT'))).toHaveLength(1);
    expect((await stat(store.blobs.path(sha256('')))).size).toBe(0);
  });

  it('removes layers that only the replaced manifest named, unless pruning is off', async () => {
    registry.publish('x', [{ mediaType: licenseType, content: 'old' }]);
    await collect(pull(registry.name('x')));
    registry.publish('x', [{ mediaType: licenseType, content: 'new' }]);
    const kept = await collect(pull(registry.name('x'), { config: { noPrune: true } }));
    expect(statusesOf(kept)).not.toContain('removing unused layers');
    expect(await store.blobs.size(sha256('old'))).toBe(3);

    registry.publish('x', [{ mediaType: licenseType, content: 'newest' }]);
    const pruned = await collect(pull(registry.name('x')));
    expect(statusesOf(pruned).slice(-2)).toEqual(['removing unused layers', 'success']);
    expect(await store.blobs.size(sha256('new'))).toBeUndefined();
    expect(await store.blobs.size(sha256('newest'))).toBe(6);
  });

  it('lets two pulls share one download', async () => {
    const weights = bytesOf(2_000_000);
    registry.publish('x', [{ mediaType: modelType, content: weights }]);
    registry.publish('y', [
      { mediaType: licenseType, content: 'MIT' },
      { mediaType: modelType, content: weights },
    ]);
    const both = await Promise.all([collect(pull(registry.name('x'))), collect(pull(registry.name('y')))]);
    expect(both.map((events) => events.at(-1))).toEqual([{ status: 'success' }, { status: 'success' }]);
    expect(registry.requestsFor(sha256(weights))).toHaveLength(1);
  });
});

describe('interrupted downloads', () => {
  it('resumes with a range request after each broken connection', async () => {
    const weights = bytesOf(100_000);
    registry.publish('x', [{ mediaType: modelType, content: weights }]);
    registry.behave(breakBlobs(registry, 30_000, 2));
    await collect(pull(registry.name('x')));
    const ranges = registry.requests
      .filter(({ url }) => url.includes(sha256(weights)))
      .map(({ headers }) => headers.range);
    expect(ranges).toHaveLength(3);
    expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-99999$/.test(range ?? ''))).toBe(true);
    expect(await readFile(store.blobs.path(sha256(weights)))).toEqual(weights);
  });

  it('never gives up while each attempt receives some bytes', async () => {
    const weights = bytesOf(100_000);
    registry.publish('x', [{ mediaType: modelType, content: weights }]);
    registry.behave(breakBlobs(registry, 10_000, 9));
    await collect(pull(registry.name('x')));
    expect(registry.requestsFor(sha256(weights))).toHaveLength(10);
    expect(await readFile(store.blobs.path(sha256(weights)))).toEqual(weights);
  });

  it('continues from the partial file of an earlier pull', async () => {
    const weights = bytesOf(100_000);
    registry.publish('x', [{ mediaType: modelType, content: weights }]);
    await store.prepare();
    await writeFile(`${store.blobs.path(sha256(weights))}-partial`, weights.subarray(0, 60_000));
    await collect(pull(registry.name('x')));
    const [request] = registry.requests.filter(({ url }) => url.includes(sha256(weights)));
    expect(request?.headers.range).toBe('bytes=60000-99999');
    expect(await readFile(store.blobs.path(sha256(weights)))).toEqual(weights);
  });

  it('starts again when the server ignores or refuses the range, or the partial file is too long', async () => {
    const weights = bytesOf(50_000);
    registry.publish('x', [{ mediaType: modelType, content: weights }]);
    await store.prepare();
    const partial = `${store.blobs.path(sha256(weights))}-partial`;
    const answers = [200, 416];
    registry.behave((request, response) => {
      if (request.headers.range === undefined) return false;
      if (answers.shift() === 416) response.writeHead(416).end();
      else response.writeHead(200, { 'Content-Length': weights.length }).end(weights);
      return true;
    });
    for (const wrong of [Buffer.alloc(10), Buffer.alloc(20), Buffer.alloc(60_000)]) {
      await store.blobs.remove(sha256(weights));
      await writeFile(partial, wrong);
      await collect(pull(registry.name('x')));
      expect(await readFile(store.blobs.path(sha256(weights)))).toEqual(weights);
    }
    expect(answers).toEqual([]);
  });

  it("does not trust the sparse file of Ollama's parallel download", async () => {
    const weights = bytesOf(50_000);
    registry.publish('x', [{ mediaType: modelType, content: weights }]);
    await store.prepare();
    const partial = `${store.blobs.path(sha256(weights))}-partial`;
    await writeFile(partial, Buffer.alloc(weights.length));
    await writeFile(`${partial}-0`, '{"N":0,"Offset":0,"Size":50000,"Completed":0}');
    await collect(pull(registry.name('x')));
    expect(await readFile(store.blobs.path(sha256(weights)))).toEqual(weights);
    expect(await blobFiles()).toHaveLength(2);
  });

  it('retries after server errors and silence, without losing bytes', async () => {
    const weights = bytesOf(50_000);
    registry.publish('x', [{ mediaType: modelType, content: weights }]);
    let tries = 0;
    registry.behave((request, response) => {
      if (!request.url?.includes(sha256(weights))) return false;
      tries += 1;
      if (tries === 1) response.writeHead(503).end('overloaded');
      else if (tries === 2)
        response.writeHead(200, { 'Content-Length': weights.length }).write(weights.subarray(0, 20_000));
      else return false;
      return true;
    });
    await collect(pull(registry.name('x')));
    const ranges = registry.requests
      .filter(({ url }) => url.includes(sha256(weights)))
      .map(({ headers }) => headers.range);
    expect(ranges).toEqual([undefined, undefined, 'bytes=20000-49999']);
    expect(await readFile(store.blobs.path(sha256(weights)))).toEqual(weights);
  });

  it('gives up after six consecutive attempts that received nothing', async () => {
    registry.publish('x', [{ mediaType: modelType, content: 'weights' }]);
    registry.behave((request, response) => {
      if (!request.url?.includes(sha256('weights'))) return false;
      response.writeHead(502).end('bad gateway');
      return true;
    });
    await expect(collect(pull(registry.name('x')))).rejects.toThrow('max retries exceeded: 502: Bad Gateway');
    expect(registry.requestsFor(sha256('weights'))).toHaveLength(7);
    expect(await storedManifest(registry.name('x'))).toBeUndefined();
  });

  it('keeps the partial file when canceled by signal or by leaving the iteration', async () => {
    const weights = bytesOf(100_000);
    registry.publish('x', [{ mediaType: modelType, content: weights }]);
    registry.behave((request, response) => {
      if (!request.url?.includes(sha256(weights))) return false;
      response.writeHead(200, { 'Content-Length': weights.length }).write(weights.subarray(0, 40_000));
      return true;
    });
    const partial = `${store.blobs.path(sha256(weights))}-partial`;
    const controller = new AbortController();
    const canceled = (async () => {
      for await (const event of pull(registry.name('x'), { signal: controller.signal, clock: systemClock })) {
        if (event.completed === 40_000) controller.abort();
      }
    })();
    await expect(canceled).rejects.toMatchObject({ code: 'canceled' });
    expect((await stat(partial)).size).toBe(40_000);

    for await (const event of pull(registry.name('x'), { clock: systemClock })) if (event.completed) break;
    expect((await stat(partial)).size).toBeGreaterThan(0);
    expect(await storedManifest(registry.name('x'))).toBeUndefined();
  });
});

describe('a hostile registry', () => {
  it('cannot deliver wrong bytes, and nothing of them is kept', async () => {
    const digest = sha256('right');
    registry.publish('x', [{ mediaType: modelType, content: 'right' }]);
    registry.blobs.set(digest, Buffer.from('wrong'));
    const got = sha256('wrong');
    await expect(collect(pull(registry.name('x')))).rejects.toThrow(
      `digest mismatch, file must be downloaded again: want ${digest}, got ${got}`,
    );
    expect((await blobFiles()).filter((name) => name.includes(digest.slice(7)))).toEqual([]);
    expect(await storedManifest(registry.name('x'))).toBeUndefined();
  });

  it('cannot deliver more bytes than its manifest states, or another size', async () => {
    registry.publish('x', [{ mediaType: modelType, content: 'four' }]);
    registry.blobs.set(sha256('four'), Buffer.from('twelve bytes'));
    await expect(collect(pull(registry.name('x')))).rejects.toThrow('the registry offers 12 bytes');
    registry.behave((request, response) => {
      if (!request.url?.includes(sha256('four'))) return false;
      response.writeHead(200).end('twelve bytes');
      return true;
    });
    await expect(collect(pull(registry.name('x')))).rejects.toThrow(
      'the registry sent more than the 4 bytes',
    );
    expect(await storedManifest(registry.name('x'))).toBeUndefined();
  });

  it.each([
    'sha256:../../../../etc/passwd',
    '../../../../../../../../../../../tmp/owned',
    `sha256:${'g'.repeat(64)}`,
    `sha256:${'a'.repeat(63)}/`,
    `sha256:${'a'.repeat(64)}/../../x`,
    '',
    7,
  ])('cannot name the digest %j (CVE-2024-37032)', async (digest) => {
    const layer = { mediaType: modelType, digest, size: 4 };
    const config = {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      digest: sha256(''),
      size: 0,
    };
    for (const manifest of [
      { schemaVersion: 2, config, layers: [layer] },
      { schemaVersion: 2, config: layer, layers: [] },
    ]) {
      registry.publishManifest('x', manifest);
      await expect(collect(pull(registry.name('x')))).rejects.toThrow(
        /^pull model manifest: invalid manifest: /,
      );
    }
    expect(registry.requestsFor('/blobs/')).toEqual([]);
    expect(await blobFiles()).toEqual([]);
  });

  it.each([
    ['invalid JSON', '<html>'],
    ['null', 'null'],
    ['an empty object', '{}'],
    ['no layers', '{"schemaVersion":2,"config":{}}'],
    ['null layers (CVE-2025-1975)', '{"schemaVersion":2,"config":null,"layers":[null]}'],
    ['an image index', '{"schemaVersion":2,"manifests":[]}'],
    [
      'a negative size',
      JSON.stringify({
        schemaVersion: 2,
        config: { mediaType: 'a', digest: sha256(''), size: -1 },
        layers: [],
      }),
    ],
    [
      'an infinite size',
      `{"schemaVersion":2,"config":{"mediaType":"a","digest":"${sha256('')}","size":1e999},"layers":[]}`,
    ],
  ])('cannot cause a crash with a manifest of %s', async (_, manifest) => {
    registry.publishManifest('x', manifest);
    await expect(collect(pull(registry.name('x')))).rejects.toThrow(
      /^pull model manifest: invalid manifest: /,
    );
    expect(await blobFiles()).toEqual([]);
  });

  it('cannot fill memory with a huge manifest or a compressed bomb (CVE-2024-12886)', async () => {
    const huge = Buffer.alloc(64 * 1024 * 1024, ' ');
    let sent = 0;
    registry.behave((request, response) => {
      if (!request.url?.includes('/manifests/plain')) return false;
      response.writeHead(200);
      const send = () => {
        while (sent < huge.length && !response.destroyed) {
          sent += 65536;
          if (!response.write(huge.subarray(0, 65536))) return response.once('drain', send);
        }
        return response.end();
      };
      send();
      return true;
    });
    const bomb = gzipSync(huge);
    registry.behave((request, response) => {
      if (!request.url?.includes('/manifests/bomb')) return false;
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb);
      return true;
    });
    // These replies take a while to arrive on a busy machine.
    const clock = hurriedClock(5);
    for (const tag of ['plain', 'bomb']) {
      await expect(collect(pull(registry.name('x', tag), { clock }))).rejects.toThrow(
        `pull model manifest: manifests/${tag} is larger than 4194304 bytes`,
      );
    }
    expect(sent).toBeLessThan(huge.length);
  });

  it('cannot send a different part of a blob than requested, or one that it does not name', async () => {
    const weights = bytesOf(1000);
    registry.publish('x', [{ mediaType: modelType, content: weights }]);
    await store.prepare();
    await writeFile(`${store.blobs.path(sha256(weights))}-partial`, weights.subarray(0, 100));
    const ranges = ['bytes 50-999/1000', 'bytes 100-999/2000', 'nonsense'];
    registry.behave((request, response) => {
      if (request.headers.range === undefined) return false;
      response.writeHead(206, { 'Content-Range': ranges.shift() }).end(weights.subarray(100));
      return true;
    });
    await expect(collect(pull(registry.name('x')))).rejects.toThrow('the registry sent a different part of');
    await expect(collect(pull(registry.name('x')))).rejects.toThrow('the registry offers 2000 bytes');
    await expect(collect(pull(registry.name('x')))).rejects.toThrow('did not say which part');
  });

  it('cannot send a compressed blob', async () => {
    registry.publish('x', [{ mediaType: modelType, content: 'weights' }]);
    registry.behave((request, response) => {
      if (!request.url?.includes('/blobs/')) return false;
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync('weights'));
      return true;
    });
    await expect(collect(pull(registry.name('x')))).rejects.toThrow(
      'with the content encoding "gzip", which is not supported',
    );
  });

  it('cannot delay the manifest for ever', async () => {
    registry.behave(() => true);
    await expect(collect(pull(registry.name('x')))).rejects.toThrow('did not answer in time');
  });

  it('cannot redirect for ever', async () => {
    registry.behave((request, response) => {
      response.writeHead(307, { Location: `${request.url}x` }).end();
      return true;
    });
    await expect(collect(pull(registry.name('x')))).rejects.toThrow('maximum redirects exceeded (10)');
    expect(registry.requests).toHaveLength(11);
  });
});

describe('tokens', () => {
  it('obtains an anonymous token from the realm and uses it for all later requests', async () => {
    registry.publish('x', [{ mediaType: modelType, content: 'weights' }]);
    registry.behave(requireToken(registry, 'secret'));
    await collect(pull(registry.name('x')));
    expect(registry.requestsFor('/token')).toEqual([
      '/token?service=fake+registry&scope=repository%3Alibrary%2Fx%3Apull&scope=other%3Ay%3Apull',
    ]);
    expect(registry.requestsFor('/manifests/')).toHaveLength(2);
    expect(await storedManifest(registry.name('x'))).toBeDefined();
  });

  it('does not ask a realm on another host (CVE-2025-51471)', async () => {
    await using stranger = await RegistryServer.start();
    registry.publish('x', []);
    registry.behave(requireToken(registry, 'secret', `${stranger.url}/token`));
    await expect(collect(pull(registry.name('x')))).rejects.toThrow(
      `pull model manifest: realm host "${stranger.host}" does not match original host "${registry.host}"`,
    );
    expect(stranger.requests).toEqual([]);
  });

  it.each(['not a url', 'https://{host}/token', 'ftp://{host}/token'])(
    'refuses the realm %j',
    async (realm) => {
      registry.behave(requireToken(registry, 'secret', realm.replace('{host}', registry.host)));
      await expect(collect(pull(registry.name('x')))).rejects.toThrow(
        /pull model manifest: realm (host|protocol) /,
      );
      expect(registry.requestsFor('/token')).toEqual([]);
    },
  );

  it('stops at the second refusal', async () => {
    registry.behave((request, response) => {
      if (request.url?.startsWith('/token')) response.end('{"token":"useless"}');
      else response.writeHead(401, { 'WWW-Authenticate': `Bearer realm="${registry.url}/token"` }).end();
      return true;
    });
    await expect(collect(pull(registry.name('x')))).rejects.toThrow(
      'pull model manifest: unauthorized: access denied',
    );
    expect(registry.requestsFor('/manifests/')).toHaveLength(2);
  });

  it.each([
    '',
    '[]',
    '{"token":7}',
    JSON.stringify({ token: 'two\r\nX-Injected: lines' }),
    ' '.repeat(100_000),
  ])('refuses a malformed token response', async (reply) => {
    registry.behave((request, response) => {
      if (request.url?.startsWith('/token')) response.end(reply);
      else response.writeHead(401, { 'WWW-Authenticate': `Bearer realm="${registry.url}/token"` }).end();
      return true;
    });
    await expect(collect(pull(registry.name('x')))).rejects.toThrow(
      /the token response (contains no token|is larger than)/,
    );
  });

  it('does not follow a redirect to another host with the token', async () => {
    await using storage = await RegistryServer.start();
    const weights = bytesOf(1000);
    registry.publish('x', [{ mediaType: modelType, content: weights }]);
    storage.blobs.set(sha256(weights), weights);
    registry.behave((request, response) => {
      if (!request.url?.includes(sha256(weights))) return false;
      response.writeHead(307, { Location: `${storage.url}/blobs/${sha256(weights)}` }).end();
      return true;
    });
    registry.behave(requireToken(registry, 'secret'));
    await collect(pull(registry.name('x')));
    expect(storage.requests).toHaveLength(1);
    expect(storage.requests[0]?.headers.authorization).toBeUndefined();
    expect(await readFile(store.blobs.path(sha256(weights)))).toEqual(weights);
  });
});

describe('where a pull may connect to (CVE-2026-5530)', () => {
  /** Responds in place of the network, so that tests can simulate public hosts. */
  const network = (answer: (url: URL) => Response) => {
    const asked: string[] = [];
    const fake: typeof fetch = async (input) => {
      const url = new URL(String(input));
      asked.push(url.href);
      return answer(url);
    };
    return { asked, fetch: fake };
  };
  const addresses: Record<string, string[]> = {
    'registry.example': ['203.0.113.5'],
    'inside.example': ['203.0.113.6', '10.0.0.7'],
    'metadata.example': ['169.254.169.254'],
  };
  const resolveHost = async (host: string) => addresses[host] ?? [];

  it.each([
    'https://127.0.0.1/x',
    'https://[::1]/x',
    'https://[::ffff:10.0.0.1]/x',
    'https://192.168.1.1/x',
    'https://0x7f.1/x',
    'https://inside.example/x',
    'https://metadata.example/x',
    'https://169.254.169.254/latest/meta-data',
  ])('a public registry cannot redirect to %s', async (target) => {
    const { asked, fetch } = network(
      () => new Response(null, { status: 302, headers: { Location: target } }),
    );
    const events = collect(pull('registry.example/library/x', { fetch, resolveHost, insecure: false }));
    await expect(events).rejects.toThrow(/^pull model manifest: refused /);
    expect(asked).toEqual(['https://registry.example/v2/library/x/manifests/latest']);
  });

  it('a private registry may redirect to another private host', async () => {
    const { asked, fetch } = network((url) =>
      url.host === '10.0.0.1'
        ? new Response(null, { status: 302, headers: { Location: 'https://192.168.1.1/x' } })
        : new Response(null, { status: 404 }),
    );
    const events = collect(pull('10.0.0.1/library/x', { fetch, resolveHost, insecure: false }));
    await expect(events).rejects.toThrow('pull model manifest: file does not exist');
    expect(asked).toHaveLength(2);
  });

  it('nothing may lead to a link-local address, not even the host in the name', async () => {
    const { asked, fetch } = network(() => new Response('{}'));
    for (const host of ['169.254.169.254', 'metadata.example']) {
      const events = collect(pull(`${host}/library/x`, { fetch, resolveHost }));
      await expect(events).rejects.toThrow(`refused to connect to ${host}: it has a link-local address`);
    }
    expect(asked).toEqual([]);
  });

  it('no redirect leaves https unless the pull is insecure', async () => {
    for (const target of ['http://registry.example/x', 'file:///etc/passwd', 'data:,x']) {
      const { asked, fetch } = network(
        () => new Response(null, { status: 302, headers: { Location: target } }),
      );
      const events = collect(pull('registry.example/library/x', { fetch, resolveHost, insecure: false }));
      await expect(events).rejects.toThrow(/insecure protocol (http|file|data)/);
      expect(asked).toHaveLength(1);
    }
  });
});

describe('errors', () => {
  it('reports a missing model with the text that clients compare', async () => {
    const events = collect(pull(registry.name('absent')));
    await expect(events).rejects.toMatchObject({
      message: 'pull model manifest: file does not exist',
      status: 500,
    });
  });

  it('quotes the status and part of the error document of other refusals', async () => {
    const errors = [{ code: 'DENIED', message: `not yours${'!'.repeat(10_000)}` }];
    registry.behave((_, response) => {
      response.writeHead(403).end(JSON.stringify({ errors }));
      return true;
    });
    const error = await collect(pull(registry.name('x'))).catch((thrown: Error) => thrown);
    expect((error as Error).message).toMatch(/^pull model manifest: 403: DENIED: not yours!+$/);
    expect((error as Error).message.length).toBeLessThan(1200);
  });

  it('reports why the registry cannot be reached', async () => {
    const { host } = registry;
    await registry.close();
    await expect(collect(pull(`${host}/library/x`))).rejects.toThrow(
      `pull model manifest: connect ECONNREFUSED ${host}`,
    );
    registry = await RegistryServer.start();
  });

  it('checks the free space before the first byte', async () => {
    registry.publish('x', [{ mediaType: modelType, content: bytesOf(5000) }]);
    const events = collect(pull(registry.name('x'), { freeBytes: async () => 4000 }));
    await expect(events).rejects.toMatchObject({
      code: 'storage-full',
      message: `not enough disk space in ${store.blobs.folder}: 5.0 KB needed, 4.0 KB free`,
    });
    expect(registry.requestsFor('/blobs/')).toEqual([]);
  });

  it('refuses models made of tensor layers', async () => {
    registry.publish('x', [{ mediaType: 'application/vnd.ollama.image.tensor', content: 't' }]);
    await expect(collect(pull(registry.name('x')))).rejects.toThrow('this model requires MLX support');
  });

  it('is canceled before it starts', async () => {
    const events = collect(pull(registry.name('x'), { signal: AbortSignal.abort() }));
    await expect(events).rejects.toMatchObject({ code: 'canceled' });
    expect(registry.requests).toEqual([]);
  });
});
