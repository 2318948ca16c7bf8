// Every vulnerability found in programs of this kind that a registry can exploit, tried against the built server.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { smallModel } from '../../fakes/models/small-gguf.ts';
import { type Behaviour, RegistryServer, requireToken } from '../../fakes/servers/registry-server.ts';
import { UploadRegistry } from '../../fakes/servers/upload-registry.ts';
import { usageOf } from '../support/process-usage.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import {
  createModel,
  filesBelow,
  hashesBelow,
  post,
  replyOf,
  send,
  sha256,
} from '../support/server-requests.ts';

const MIB = 1024 * 1024;
const TREASURE = 'treasure.txt';
const image = 'application/vnd.ollama.image';
/** Far below the memory that any of the compression bombs would need. */
const MOST_GROWTH_MEBIBYTES = 150;

let folder: string;
let server: TestServer;
let registry: RegistryServer;
let before: Readonly<Record<string, string>>;
let memory: number;

const modelsFolder = () => join(folder, 'models');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-cves-'));
  await writeFile(join(folder, TREASURE), 'untouched');
  server = await startTestServer({ modelsFolder: modelsFolder() });
  await createModel(server, 'good', smallModel());
  memory = (await usageOf(server.pid)).residentMebibytes;
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  registry = await RegistryServer.start();
  before = await hashesBelow(folder);
});

// After every attack, all files are identical byte for byte, the server works, and its memory has not grown.
afterEach(async () => {
  await registry.close();
  expect(await hashesBelow(folder)).toEqual(before);
  expect(await readFile(join(folder, TREASURE), 'utf8')).toBe('untouched');
  expect((await post(server, '/api/show', { model: 'good' })).status).toBe(200);
  expect((await usageOf(server.pid)).peakMebibytes - memory).toBeLessThan(MOST_GROWTH_MEBIBYTES);
});

async function pullError(model: string, tag?: string): Promise<string> {
  const body = { model: registry.name(model, tag), insecure: true, stream: false };
  const reply = await post(server, '/api/pull', body);
  expect(reply).toEqual({ status: expect.any(Number), body: { error: expect.any(String) } });
  expect(reply.status).toBeGreaterThanOrEqual(400);
  return (reply.body as { error: string }).error;
}

/** Removes complete blobs, which a failed pull keeps for the next one. */
async function removeNewBlobs(): Promise<void> {
  for (const path of await filesBelow(folder))
    if (/^models\/blobs\/sha256-[0-9a-f]{64}$/.test(path) && !(path in before)) await rm(join(folder, path));
}

const layer = (digest: unknown, type = 'model', size: unknown = 10) => ({
  mediaType: `${image}.${type}`,
  digest,
  size,
});
const manifest = (layers: unknown, config: unknown = layer(sha256('{}'), 'config', 2)) => ({
  schemaVersion: 2,
  mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
  config,
  layers,
});

/** Sends spaces without end, as fast as the client accepts them, or with a pause after each piece. */
function endless(path: string, pieceBytes: number, pauseMs?: number): Behaviour {
  const piece = Buffer.alloc(pieceBytes, ' ');
  return (request, response) => {
    if (!request.url?.includes(path)) return false;
    response.writeHead(200);
    const send = () => {
      if (response.destroyed) return;
      const hasRoom = response.write(piece);
      if (pauseMs !== undefined) setTimeout(send, pauseMs);
      else if (hasRoom) setImmediate(send);
      else response.once('drain', send);
    };
    send();
    return true;
  };
}

const ways = ['../../../treasure.txt', 'sha256:../../../../treasure.txt', `sha256:${'a'.repeat(61)}/..`];

describe('digests', () => {
  it.each(ways)('CVE-2024-37032: a manifest cannot make a pull write to %s', async (digest) => {
    registry.publishManifest('x', manifest([layer(digest)]));
    expect(await pullError('x')).toMatch(/^pull model manifest: invalid manifest: .*digest/);
    registry.publishManifest('y', manifest([], layer(digest, 'config')));
    expect(await pullError('y')).toMatch(/^pull model manifest: invalid manifest: .*digest/);
    expect(registry.requestsFor('/blobs/')).toEqual([]);
  });

  it.each(ways)('CVE-2024-37032: a stored manifest cannot make a push or show read %s', async (digest) => {
    const upload = await UploadRegistry.start();
    const path = join(modelsFolder(), 'manifests', upload.host, 'library', 'stolen', 'latest');
    await mkdir(dirname(path), { recursive: true });
    await writeFile(
      path,
      JSON.stringify(manifest([layer(digest, 'license', 9)], layer(digest, 'config', 9))),
    );
    const model = `${upload.host}/library/stolen`;
    const pushed = await post(server, '/api/push', { model, insecure: true, stream: false });
    expect(pushed.status).toBeGreaterThanOrEqual(400);
    expect(upload.blobs.size + upload.manifests.size).toBe(0);
    const shown = await post(server, '/api/show', { model });
    expect(shown.status).toBeGreaterThanOrEqual(400);
    expect(JSON.stringify([pushed, shown])).not.toContain('untouched');
    await rm(join(modelsFolder(), 'manifests', upload.host), { recursive: true });
    await upload.close();
  });

  it('CVE-2026-7020: layers of single tensors, whose names are paths, are not stored', async () => {
    const tensor = { ...layer(sha256('weights'), 'tensor', 7), name: '../../../treasure.txt' };
    registry.publishManifest('x', manifest([tensor]));
    registry.blobs.set(sha256('weights'), Buffer.from('weights'));
    expect(await pullError('x')).toMatch(/tensor|MLX/);
    registry.publishManifest('y', manifest([{ ...tensor, digest: '../../../treasure.txt' }]));
    expect(await pullError('y')).toMatch(/^pull model manifest: invalid manifest: .*digest/);
  });
});

describe('names', () => {
  it.each([
    ['POST', '/api/push', (name: string) => ({ model: name, insecure: true, stream: false })],
    ['POST', '/api/pull', (name: string) => ({ model: name, insecure: true, stream: false })],
    ['POST', '/api/show', (name: string) => ({ model: name })],
    ['POST', '/api/copy', (name: string) => ({ source: name, destination: 'other' })],
    ['POST', '/api/copy', (name: string) => ({ source: 'good', destination: name })],
    ['POST', '/api/create', (name: string) => ({ model: name, from: 'good', stream: false })],
    ['POST', '/api/generate', (name: string) => ({ model: name, prompt: 'x', stream: false })],
    ['POST', '/api/embed', (name: string) => ({ model: name, input: 'x' })],
    ['DELETE', '/api/delete', (name: string) => ({ model: name })],
  ])(
    'CVE-2024-39722: %s %s refuses a name that leads elsewhere, and reveals nothing about files',
    async (method, path, body) => {
      for (const name of [
        '../../../treasure.txt',
        '../treasure',
        '/etc/passwd',
        '..',
        'a/../../b',
        'x:../y',
      ]) {
        const { status, body: reply } = await replyOf(await send(server, method, path, body(name)));
        expect({ name, status }).toEqual({
          name,
          status: expect.toSatisfy((code) => code === 400 || code === 404),
        });
        expect(JSON.stringify(reply)).not.toMatch(/ENOENT|EISDIR|EACCES|no such file|is a directory/);
      }
    },
  );
});

describe('replies', () => {
  const bomb = gzipSync(Buffer.alloc(512 * MIB, ' '));
  const explode =
    (path: string): Behaviour =>
    (request, response) => {
      if (!request.url?.includes(path)) return false;
      response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': bomb.length }).end(bomb);
      return true;
    };

  it('CVE-2024-12886: a manifest of 512 MiB, compressed to half a MiB, is abandoned early', async () => {
    registry.behave(explode('/manifests/'));
    expect(await pullError('x')).toMatch(/is larger than \d+ bytes$/);
  });

  it('CVE-2024-12886: a token of 512 MiB, compressed, is abandoned early', async () => {
    registry.behave(requireToken(registry, 'secret'));
    registry.behave(explode('/token'));
    expect(await pullError('x')).toMatch(/larger than \d+ bytes/);
  });

  it('CVE-2024-12886: an endless manifest and an endless token are abandoned early', async () => {
    registry.behave(requireToken(registry, 'secret'));
    registry.behave(endless('/token', 65_536));
    expect(await pullError('x')).toMatch(/larger than \d+ bytes/);
    registry.behave(endless('/manifests/', 65_536));
    expect(await pullError('x')).toMatch(/is larger than \d+ bytes$/);
  });

  it('CVE-2024-12886: a manifest and a token that arrive byte by byte are abandoned', async () => {
    registry.behave(requireToken(registry, 'secret'));
    registry.behave(endless('/token', 1, 20));
    registry.behave(endless('/manifests/dripping', 1, 20));
    const errors = await Promise.all([pullError('x'), pullError('x', 'dripping')]);
    for (const error of errors) expect(error).toMatch(/^pull model manifest: .* did not answer in time$/);
    // The server gives up only after half a minute.
  }, 180_000);

  it('CVE-2024-12886: a blob that exceeds the size in its manifest is abandoned', async () => {
    registry.publishManifest('x', manifest([layer(sha256('weights'), 'model', 20 * MIB)]));
    registry.blobs.set(sha256('{}'), Buffer.from('{}'));
    registry.behave(endless(`/blobs/${sha256('weights')}`, 65_536));
    expect(await pullError('x')).toMatch(/sent more than the \d+ bytes of sha256:/);
    await removeNewBlobs();
  });

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['null', 'null'],
    ['an array', []],
    ['no layers', { ...manifest([]), layers: undefined }],
    ['layers of null', manifest([null])],
    ['a layer that is a string', manifest(['x'])],
    ['layers that are a number', manifest(7)],
    ['a config of null', manifest([], null)],
    ['an empty config', manifest([], {})],
    ['a digest that is a number', manifest([layer(7)])],
    ['an empty digest', manifest([layer('')])],
    ['a negative size', manifest([layer(sha256('x'), 'model', -1)])],
    ['a size beyond every limit', manifest([layer(sha256('x'), 'model', 1e300)])],
    ['a size that is a string', manifest([layer(sha256('x'), 'model', '10')])],
  ])('CVE-2025-1975: a manifest with %s is refused', async (_, document) => {
    registry.publishManifest('x', document);
    expect(await pullError('x')).toMatch(/^pull model manifest: invalid manifest: ./);
  });

  it('CVE-2025-1975: a model without layers does not crash the server', async () => {
    registry.blobs.set(sha256('{}'), Buffer.from('{}'));
    registry.publishManifest('empty', manifest([]));
    const model = registry.name('empty');
    const body = { model, input: 'x', insecure: true, stream: false };
    expect(await post(server, '/api/pull', body)).toMatchObject({ status: 200 });
    for (const path of ['/api/show', '/api/generate', '/api/embed'])
      expect(await post(server, path, body)).toEqual({
        status: expect.any(Number),
        body: { error: expect.stringMatching(/\S/) },
      });
    expect((await send(server, 'DELETE', '/api/delete', { model })).status).toBe(200);
  });

  it('CVE-2025-44779: a failed pull removes only what it has downloaded', async () => {
    const [blob = ''] = (await filesBelow(modelsFolder())).filter((path) => path.startsWith('blobs/'));
    const digest = blob.slice('blobs/'.length).replace('-', ':');
    const { length } = await readFile(join(modelsFolder(), blob));
    // A blob that exists already, beside one with wrong content.
    registry.publishManifest(
      'x',
      manifest([layer(digest, 'model', length), layer(sha256('right'), 'license', 5)]),
    );
    registry.blobs.set(sha256('right'), Buffer.from('wrong'));
    registry.blobs.set(sha256('{}'), Buffer.from('{}'));
    expect(await pullError('x')).toMatch(/digest mismatch/);
    // The same blob with another size in the manifest must not be removed either.
    registry.publishManifest('y', manifest([layer(digest, 'model', length + 1)]));
    await pullError('y');
    for (const path of (await filesBelow(modelsFolder())).filter((name) => !(`models/${name}` in before)))
      await rm(join(modelsFolder(), path));
  });
});

describe('where a pull goes', () => {
  it('CVE-2025-51471: no token is requested from, or sent to, another host', async () => {
    await using stranger = await RegistryServer.start();
    registry.behave(requireToken(registry, 'secret', `${stranger.url}/token`));
    expect(await pullError('x')).toMatch(
      /^pull model manifest: realm host ".*" does not match original host/,
    );
    expect(stranger.requests).toEqual([]);
  });

  it('CVE-2025-51471: a redirect to another host carries no token', async () => {
    await using stranger = await RegistryServer.start();
    registry.publish('x', [{ mediaType: `${image}.model`, content: 'weights' }]);
    registry.behave((request, response) => {
      if (!request.url?.includes('/blobs/')) return false;
      response.writeHead(307, { Location: `${stranger.url}${request.url}` }).end();
      return true;
    });
    registry.behave(requireToken(registry, 'secret'));
    await pullError('x');
    expect(stranger.requests.length).toBeGreaterThan(0);
    for (const { url, headers } of stranger.requests) {
      expect(headers.authorization).toBeUndefined();
      expect(url).not.toContain('secret');
    }
  });

  it.each(['http://169.254.169.254/latest/meta-data', 'http://[fe80::1]/x', 'http://0251.0376.0251.0376/x'])(
    'CVE-2026-5530: neither manifest nor blob may lead to %s',
    async (target) => {
      registry.publish('x', [{ mediaType: `${image}.model`, content: 'weights' }]);
      for (const path of ['/blobs/', '/manifests/']) {
        registry.behave((request, response) => {
          if (!request.url?.includes(path)) return false;
          response.writeHead(302, { Location: target }).end();
          return true;
        });
        expect(await pullError('x')).toMatch(/refused/);
      }
    },
  );
});
