import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { smallModel } from '../../test/fakes/models/small-gguf.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import { createDeferred } from '../base/deferred.ts';
import { OllamaError } from '../base/errors.ts';
import { ModelName } from '../names/model-name.ts';
import type { Pull } from './server-parts.ts';

let server: ScriptServer;
afterEach(() => server.close());

const weights = Buffer.from(smallModel());
const digest = `sha256:${createHash('sha256').update(weights).digest('hex')}`;
const settings = { registryCache: true };
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  server.app.request(`/v2/${path}`, { method, headers });

async function withModel() {
  server = await startScriptServer({ settings });
  await server.addModel('m');
}

describe('a server as a registry', () => {
  it('is off unless the setting is on', async () => {
    server = await startScriptServer();
    const reply = await get('library/m/manifests/latest');
    expect(reply.status).toBe(404);
    expect(await reply.json()).toEqual({
      errors: [{ code: 'NOT_FOUND', message: expect.stringContaining('OLLAMA_REGISTRY_CACHE') }],
    });
  });

  it('serves stored manifests unchanged, with their digest', async () => {
    await withModel();
    const reply = await get('library/m/manifests/latest');
    const bytes = Buffer.from(await reply.arrayBuffer());
    expect(bytes).toEqual(Buffer.from((await server.store.manifests.readBytes(ModelName.parse('m'))) ?? []));
    expect(reply.headers.get('Docker-Content-Digest')).toBe(
      `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    );
    const head = await get('library/m/manifests/latest', {}, 'HEAD');
    expect([head.status, head.headers.get('Content-Length')]).toEqual([200, String(bytes.length)]);
    expect((await get('')).status).toBe(200);
  });

  it.each([
    ['whole', undefined, 200, 0, undefined],
    ['from an offset', 'bytes=100-', 206, 100, undefined],
    ['in a span', 'bytes=10-19', 206, 10, 20],
    ['in a span past the end', 'bytes=10-999999999', 206, 10, undefined],
    ['from its last bytes', 'bytes=-7', 206, -7, undefined],
    ['whole for an invalid range', 'bytes=b-a', 200, 0, undefined],
    ['whole for a span that ends before it begins', 'bytes=9-3', 200, 0, undefined],
  ])('serves a blob %s', async (_, range, status, start, end) => {
    await withModel();
    const reply = await get(`library/m/blobs/${digest}`, range === undefined ? {} : { Range: range });
    const expected = weights.subarray(start, end);
    expect([reply.status, reply.headers.get('Content-Length')]).toEqual([status, String(expected.length)]);
    expect(Buffer.from(await reply.arrayBuffer())).toEqual(expected);
  });

  it('refuses a range past the end of a blob', async () => {
    await withModel();
    const reply = await get(`library/m/blobs/${digest}`, { Range: `bytes=${weights.length}-` });
    expect([reply.status, reply.headers.get('Content-Range')]).toEqual([416, `bytes */${weights.length}`]);
  });

  it('passes on a missing manifest, fetches the model once, and redirects blob requests to the registry', async () => {
    let pulls = 0;
    const answered = createDeferred<void>();
    const pull: Pull = async function* () {
      pulls += 1;
      yield { status: 'pulling manifest' };
      await answered.promise;
    };
    const upstream = {
      manifest: async () => new TextEncoder().encode('{"its":"own"}'),
      blobUrl: () => 'https://registry.example/blob',
    };
    server = await startScriptServer({ settings, pull, upstream });
    const replies = await Promise.all([1, 2, 3].map(() => get('library/other/manifests/1b')));
    for (const reply of replies) expect(await reply.json()).toEqual({ its: 'own' });
    answered.resolve();
    expect(pulls).toBe(1);
    const blob = await get(`library/other/blobs/${digest}`);
    expect([blob.status, blob.headers.get('Location')]).toEqual([307, 'https://registry.example/blob']);
  });

  it('fetches nothing for a web browser', async () => {
    let pulls = 0;
    const pull: Pull = async function* () {
      pulls += 1;
      yield { status: 'pulling manifest' };
    };
    const upstream = { manifest: async () => new TextEncoder().encode('{}'), blobUrl: () => '' };
    server = await startScriptServer({ settings, pull, upstream });
    const page = { 'Sec-Fetch-Site': 'none', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
    for (const path of ['library/other/manifests/1b', `library/other/blobs/${digest}`]) {
      expect((await get(path, page)).status).toBe(403);
    }
    expect(pulls).toBe(0);
  });

  it('returns the error of the registry when the model does not exist', async () => {
    const upstream = {
      manifest: () => Promise.reject(new OllamaError('upstream', 'file does not exist')),
      blobUrl: () => '',
    };
    server = await startScriptServer({ settings, upstream });
    const reply = await get('library/other/manifests/1b');
    expect([reply.status, await reply.json()]).toEqual([
      404,
      { errors: [{ code: 'NOT_FOUND', message: 'manifest unknown: other:1b: file does not exist' }] },
    ]);
  });

  it.each([
    ['..%2f..%2fetc/m/manifests/latest', 400],
    ['library/..%2fm/manifests/latest', 400],
    ['library/m/manifests/..%2f..', 400],
    ['library/m/blobs/..%2f..%2fpasswd', 400],
    ['library/m/blobs/sha256:abc', 400],
    [`library/m/blobs/sha256-${'0'.repeat(64)}`, 400],
    ['library/m/tags/list', 404],
  ])('refuses %s', async (path, status) => {
    await withModel();
    expect((await get(path)).status).toBe(status);
  });

  it('accepts no uploads', async () => {
    await withModel();
    expect((await get('library/m/blobs/uploads/', {}, 'POST')).status).toBe(404);
    expect((await get('library/m/manifests/latest', {}, 'PUT')).status).toBe(405);
  });
});
