import { createHash } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hurriedClock } from '../../../test/fakes/hurried-clock.ts';
import {
  checkSignature,
  requireUploadToken,
  sessionIdOf,
  UploadRegistry,
} from '../../../test/fakes/servers/upload-registry.ts';
import type { ProgressResponse } from '../../api/common.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import type { LogFields, Logger } from '../../base/logger.ts';
import { ModelName } from '../../names/model-name.ts';
import { type Layer, MANIFEST_MEDIA_TYPE, mediaTypes } from '../../store/manifest.ts';
import { Store } from '../../store/store.ts';
import { CredentialFile } from '../identity/credential-file.ts';
import { KeyFile } from '../identity/key-file.ts';
import { userIdentity } from '../identity/user-identity.ts';
import { type PushOptions, pushModel } from './push.ts';

let registry: UploadRegistry;
let folder: string;
let store: Store;
let log: string[];

const write = (message: string, fields?: LogFields) => void log.push(JSON.stringify([message, fields]));
const logger: Logger = { debug: write, info: write, warn: write, error: write, child: () => logger };

beforeEach(async () => {
  registry = await UploadRegistry.start();
  folder = await mkdtemp(join(tmpdir(), 'push-'));
  store = new Store(join(folder, 'models'));
  await store.prepare();
  log = [];
});

afterEach(async () => {
  await registry.close();
  await rm(folder, { recursive: true });
});

/** Deterministic bytes, different for each size. */
const bytesOf = (size: number) => Buffer.alloc(size, `bytes of ${size} `);

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function addLayer(mediaType: string, bytes: Uint8Array, more: Partial<Layer> = {}): Promise<Layer> {
  const { digest, size } = await store.blobs.write(oneChunk(bytes));
  return { mediaType, digest, size, ...more };
}

/** Adds a model of the registry under test; returns its name, manifest and weights' digest. */
async function addModel(weights: Uint8Array, more: Partial<Layer> = {}) {
  const layer = await addLayer(mediaTypes.model, weights, more);
  const config = await addLayer(mediaTypes.config, Buffer.from('{"model_format":"gguf"}'));
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    config,
    layers: [layer],
    annotations: { a: 'b' },
  };
  const name = ModelName.parse(`${registry.host}/library/x`);
  const bytes = Buffer.from(JSON.stringify(manifest));
  await store.manifests.write(name, bytes);
  return { name, bytes, layer, config };
}

function push(name: ModelName, options: Partial<PushOptions> = {}): AsyncGenerator<ProgressResponse, void> {
  const fixed = { store, fetch, logger, version: '0.0.0-test', insecure: true, clock: hurriedClock(20) };
  return pushModel(name, { ...fixed, ...options });
}

async function collect(events: AsyncIterable<ProgressResponse>): Promise<ProgressResponse[]> {
  const collected: ProgressResponse[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

const statusesOf = (events: ProgressResponse[]) => [...new Set(events.map((event) => event.status))];
const stored = ({ digest }: Layer) => registry.blobs.get(`library/x@${digest}`);
const keys = () => userIdentity(folder, logger);
const refusalOf = (name: ModelName, options?: Partial<PushOptions>) =>
  collect(push(name, options)).then(
    () => 'none',
    (error: Error) => error.message,
  );

/** Accepts only some bytes of the first `times` parts, then cuts the connection. */
function breakParts(bytes: number, times: number): void {
  let left = times;
  registry.behave(async (request) => {
    if (request.method !== 'PATCH' || left <= 0) return false;
    left -= 1;
    const { socket } = request;
    const had = registry.sessions.get(sessionIdOf(request))?.bytes.length ?? 0;
    await registry.take(request, had + bytes);
    socket.destroy();
    return true;
  });
}

describe('a friendly registry', () => {
  it('receives every blob and the manifest byte for byte, with the statuses that clients know', async () => {
    const weights = bytesOf(1_000_000);
    const { name, bytes, layer, config } = await addModel(weights);
    const events = await collect(push(name));
    const short = (digest: string) => `pushing ${digest.slice(7, 19)}`;
    expect(statusesOf(events)).toEqual([
      'retrieving manifest',
      short(layer.digest),
      short(config.digest),
      'pushing manifest',
      'success',
    ]);
    const done = {
      status: short(layer.digest),
      digest: layer.digest,
      total: 1_000_000,
      completed: 1_000_000,
    };
    expect(events).toContainEqual(done);
    expect(stored(layer)?.equals(weights)).toBe(true);
    expect(registry.manifests.get('/v2/library/x/manifests/latest')).toEqual(bytes);
    const [put] = registry.seen('PUT /v2/library/x/manifests');
    expect(put?.headers['content-type']).toBe(MANIFEST_MEDIA_TYPE);
    const [patch] = registry.seen('PATCH');
    expect(patch?.headers).toMatchObject({ 'content-length': '1000000', 'content-range': '0-999999' });
    const md5 = createHash('md5').update(createHash('md5').update(weights).digest()).digest('hex');
    const [commit] = registry.seen('PUT /v2/library/x/blobs/uploads');
    expect(commit?.url).toContain(`&digest=${encodeURIComponent(layer.digest)}&etag=${md5}-1`);
  });

  it('receives nothing twice', async () => {
    const { name } = await addModel(bytesOf(1000));
    await collect(push(name));
    const events = await collect(push(name));
    expect(registry.seen('POST')).toHaveLength(2);
    expect(events.filter(({ completed }) => completed === 1000)).toHaveLength(1);
  });

  it('takes a blob from the repository that it came from', async () => {
    const from = `${registry.host}/library/base:latest`;
    const { name, layer } = await addModel(bytesOf(1000), { from });
    registry.blobs.set(`library/base@${layer.digest}`, bytesOf(1000));
    await collect(push(name));
    expect(stored(layer)).toEqual(bytesOf(1000));
    expect(registry.seen('POST')[0]?.url).toContain(
      `mount=${encodeURIComponent(layer.digest)}&from=library%2Fbase`,
    );
    expect(registry.seen('PATCH').map(({ headers }) => headers['content-length'])).toEqual(['23']);
  });

  it.each(['/root/model.gguf', 'elsewhere.example/library/base', '../../etc/passwd'])(
    'is not asked for a repository named %s',
    async (from) => {
      const { name, layer } = await addModel(bytesOf(1000), { from });
      await collect(push(name));
      expect(registry.seen('mount=')).toEqual([]);
      expect(stored(layer)).toEqual(bytesOf(1000));
    },
  );

  it('may return absolute locations', async () => {
    registry.locationBase = registry.url;
    const { name, layer } = await addModel(bytesOf(1000));
    await collect(push(name));
    expect(stored(layer)).toEqual(bytesOf(1000));
  });

  it('receives an empty blob', async () => {
    const { name, layer } = await addModel(Buffer.alloc(0));
    await collect(push(name));
    expect(stored(layer)).toEqual(Buffer.alloc(0));
  });

  it('may redirect parts to a host that does not learn our identity', async () => {
    const storage = await UploadRegistry.start();
    await new KeyFile(folder).ensure();
    registry.behave(
      requireUploadToken(
        `${registry.url}/token`,
        () => true,
        (_, response) => {
          response.end('{"token":"secret"}');
        },
      ),
    );
    const got: Buffer[] = [];
    storage.behave(async (request, response) => {
      for await (const chunk of request) got.push(chunk as Buffer);
      response.writeHead(200).end();
      return true;
    });
    registry.behave(async (request, response) => {
      if (request.method !== 'PATCH') return false;
      const session = await registry.take(request);
      const next = `/v2/${session?.repository}/blobs/uploads/${sessionIdOf(request)}?n=2`;
      response.writeHead(307, { Location: `${storage.url}/part`, 'Docker-Upload-Location': next }).end();
      return true;
    });
    const { name, layer } = await addModel(bytesOf(5000));
    await collect(push(name, { identity: keys() }));
    expect(Buffer.concat(got).subarray(0, 5000)).toEqual(bytesOf(5000));
    expect(storage.requests.map(({ method, headers }) => [method, headers.authorization])).toEqual([
      ['PUT', undefined],
      ['PUT', undefined],
    ]);
    expect(stored(layer)).toEqual(bytesOf(5000));
    await storage.close();
  });
});

describe('a bad network', () => {
  it('is survived by continuing from where the registry reports to be', async () => {
    const weights = bytesOf(3_000_000);
    const { name, layer } = await addModel(weights);
    breakParts(700_000, 2);
    await collect(push(name));
    expect(stored(layer)?.equals(weights)).toBe(true);
    const ranges = registry.seen('PATCH').map(({ headers }) => headers['content-range']);
    expect(ranges.slice(0, 3)).toEqual(['0-2999999', '700000-2999999', '1400000-2999999']);
  });

  it('is survived by continuing from the last confirmed part when the registry does not report it', async () => {
    registry.tellsStatus = false;
    const { name, layer } = await addModel(bytesOf(900_000));
    breakParts(0, 2);
    await collect(push(name));
    expect(stored(layer)?.equals(bytesOf(900_000))).toBe(true);
  });

  it('is survived by a new upload when the registry has lost the old one', async () => {
    const { name, layer } = await addModel(bytesOf(900_000));
    breakParts(300_000, 1);
    registry.behave((request, response) => {
      if (request.method !== 'GET') return false;
      registry.sessions.clear();
      response.writeHead(404).end();
      return true;
    });
    await collect(push(name));
    expect(stored(layer)?.equals(bytesOf(900_000))).toBe(true);
    expect(registry.seen('POST')).toHaveLength(3);
  });

  it('ends the push after a bounded number of attempts', async () => {
    const { name } = await addModel(bytesOf(1000));
    breakParts(0, 1000);
    expect(await refusalOf(name, { clock: hurriedClock(100) })).toMatch(/^max retries exceeded: /);
    expect(registry.seen('PATCH')).toHaveLength(7);
  });

  it('makes the push wait as long as a busy registry requests', async () => {
    const { name } = await addModel(bytesOf(1000));
    const asked: number[] = [];
    const clock: Clock = {
      ...systemClock,
      after: (milliseconds, callback) => {
        asked.push(milliseconds);
        return systemClock.after(milliseconds / 1000, callback);
      },
    };
    const answers = [429, 503];
    registry.behave((request, response) => {
      const status = request.method === 'PATCH' ? answers.shift() : undefined;
      if (status === undefined) return false;
      request.resume();
      response.writeHead(status, { 'Retry-After': status === 429 ? '47' : '99999999' }).end();
      return true;
    });
    await collect(push(name, { clock }));
    expect(asked).toContain(47_000);
    expect(asked).toContain(60_000);
  });

  it('does not fail the push when only the last response is lost', async () => {
    const { name, layer } = await addModel(bytesOf(1000));
    let cuts = 1;
    registry.behave((request, response) => {
      if (request.method !== 'PUT' || !request.url?.includes('/uploads/') || cuts-- <= 0) return false;
      registry.blobs.set(`library/x@${layer.digest}`, bytesOf(1000));
      registry.sessions.clear();
      response.destroy();
      return true;
    });
    expect((await collect(push(name))).at(-1)).toEqual({ status: 'success' });
  });

  it('is detected when it goes silent', async () => {
    const { name } = await addModel(bytesOf(1000));
    registry.behave((request) => request.method === 'PATCH');
    const refusal = await refusalOf(name, { clock: hurriedClock(200) });
    expect(refusal).toBe('max retries exceeded: the registry stopped responding');
  });
});

describe('canceling', () => {
  it('ends the upload at once', async () => {
    const { name } = await addModel(bytesOf(1000));
    const client = new AbortController();
    registry.behave((request) => {
      if (request.method !== 'PATCH') return false;
      client.abort();
      return true;
    });
    const refusal = collect(push(name, { signal: client.signal, clock: systemClock }));
    await expect(refusal).rejects.toMatchObject({ code: 'canceled' });
  });
});

describe('the store', () => {
  it('must have the model', async () => {
    const events: string[] = [];
    const name = ModelName.parse(`${registry.host}/library/none`);
    const run = async () => {
      for await (const { status } of push(name)) events.push(status);
    };
    await expect(run()).rejects.toThrow(/^model ".*none:latest" not found$/);
    expect(events).toEqual(['retrieving manifest', "couldn't retrieve manifest"]);
  });

  it('must have every complete blob before anything is sent', async () => {
    const { name, layer } = await addModel(bytesOf(1000));
    await truncate(store.blobs.path(layer.digest), 10);
    expect(await refusalOf(name)).toMatch(/is 10 bytes long, not 1000: pull or create the model again/);
    await store.blobs.remove(layer.digest);
    expect(await refusalOf(name)).toMatch(/is missing/);
    expect(registry.requests).toEqual([]);
  });
});

describe('tokens', () => {
  it('are obtained with a signature by the user’s key, and renewed during an upload', async () => {
    const line = await new KeyFile(folder).ensure();
    let valid = '';
    let count = 0;
    const signatures: boolean[] = [];
    const isOurs = (publicKey: string) => line === `ssh-ed25519 ${publicKey}\n`;
    registry.behave(
      requireUploadToken(
        `${registry.url}/token`,
        (token) => token === valid,
        (request, response) => {
          const { publicKey, isValid } = checkSignature(request, registry.url);
          signatures.push(isValid && isOurs(publicKey));
          valid = `secret-${count++}`;
          response.end(JSON.stringify({ token: valid }));
        },
      ),
    );
    let expired = false;
    registry.behave((request) => {
      if (request.method === 'PATCH' && !expired) {
        expired = true;
        valid = 'another';
      }
      return false;
    });
    const { name, layer } = await addModel(bytesOf(500_000));
    await collect(push(name, { identity: keys(), clock: systemClock }));
    expect(stored(layer)?.equals(bytesOf(500_000))).toBe(true);
    expect(signatures).toEqual([true, true]);
    const query = new URL(registry.seen('/token')[0]?.url ?? '', registry.url).searchParams;
    expect(query.get('nonce')).toMatch(/^[\w-]{22}$/);
    expect(Math.abs(Number(query.get('ts')) - Date.now() / 1000)).toBeLessThan(60);
    expect(log.join()).not.toContain('secret');
  });

  it('that are refused immediately end the push', async () => {
    await new KeyFile(folder).ensure();
    const answer = (_: unknown, response: { end(text: string): void }) => response.end('{"token":"t"}');
    registry.behave(requireUploadToken(`${registry.url}/token`, () => false, answer));
    const { name } = await addModel(bytesOf(10));
    expect(await refusalOf(name, { identity: keys() })).toBe('unauthorized: access denied');
    expect(registry.seen('/token')).toHaveLength(1);
  });

  it('do not follow redirects or locations to other hosts', async () => {
    const other = await UploadRegistry.start();
    other.behave((_, response) => {
      response.writeHead(202, { Location: '/up' }).end();
      return true;
    });
    registry.behave((request, response) => {
      if (!/head|blobs/.test(request.url ?? '')) return false;
      if (request.method === 'HEAD') response.writeHead(307, { Location: `${other.url}/head` }).end();
      else response.writeHead(202, { Location: `${other.url}/up` }).end();
      return true;
    });
    const realm = `${registry.url}/token`;
    registry.behave(
      requireUploadToken(
        realm,
        () => true,
        (_, response) => response.end('{"token":"secret"}'),
      ),
    );
    other.behave((request, response) => {
      if (request.method !== 'HEAD') return false;
      response.writeHead(404).end();
      return true;
    });
    const { name } = await addModel(bytesOf(1000));
    await collect(push(name));
    expect(new Set(other.requests.map(({ method }) => method))).toEqual(new Set(['HEAD', 'PATCH', 'PUT']));
    expect(other.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    await other.close();
  });
});

describe('hostile realms', () => {
  type Answer = Parameters<typeof requireUploadToken>[2];
  const bomb: Answer = (_, response) => {
    const body = gzipSync(Buffer.alloc(20_000_000, ' '));
    response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(body);
  };
  const endless: Answer = (_, response) => {
    const more = () => {
      if (!response.destroyed) response.write('x'.repeat(10_000), more);
    };
    response.writeHead(200);
    more();
  };
  const drip: Answer = (_, response) => {
    response.writeHead(200).write('{');
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  };
  const reply =
    (text: string, status = 200): Answer =>
    (_, response) =>
      void response.writeHead(status).end(text);

  it.each<[string, string, RegExp, Answer]>([
    ['a gzip bomb', '', /^the token response is larger than 65536 bytes$/, bomb],
    ['an endless body', '', /^the token response is larger than 65536 bytes$/, endless],
    ['a dripping body', '', /did not return a token in time$/, drip],
    [
      'a huge token',
      '',
      /^the token response is larger/,
      reply(JSON.stringify({ token: 'x'.repeat(70_000) })),
    ],
    [
      'a token with a line break',
      '',
      /^the token response contains no token$/,
      reply('{"token":"a\\r\\nX-Evil: 1"}'),
    ],
    ['invalid JSON', '', /^the token response contains no token$/, reply('<html>')],
    [
      'a refusal',
      '',
      /^403: DENIED: not you$/,
      reply('{"errors":[{"code":"DENIED","message":"not you"}]}', 403),
    ],
    [
      'another host',
      'http://elsewhere.example/token',
      /^realm host "elsewhere.example" does not match/,
      reply(''),
    ],
    ['another protocol', 'https://HOST/token', /^realm protocol "https:" does not match "http:"$/, reply('')],
    ['a file', 'file:///etc/passwd', /^realm host "" does not match/, reply('')],
    ['an invalid URL', 'token please', /^realm host "token please" does not match/, reply('')],
  ])('that respond with %s cause a clear error', async (_, realm, expected, answer) => {
    await new KeyFile(folder).ensure();
    const where = realm === '' ? `${registry.url}/token` : realm.replace('HOST', registry.host);
    registry.behave(requireUploadToken(where, () => true, answer));
    const { name } = await addModel(bytesOf(10));
    expect(await refusalOf(name, { identity: keys() })).toMatch(expected);
    expect(registry.blobs.size).toBe(0);
  });

  it('that redirect to another host receive no signature', async () => {
    const other = await UploadRegistry.start();
    await new KeyFile(folder).ensure();
    const answer: Answer = (_, response) =>
      void response.writeHead(302, { Location: `${other.url}/t` }).end();
    registry.behave(requireUploadToken(`${registry.url}/token`, () => true, answer));
    const { name } = await addModel(bytesOf(10));
    expect(await refusalOf(name, { identity: keys() })).toBe(
      'the registry did not return a token: file does not exist',
    );
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    await other.close();
  });
});

describe('stored credentials', () => {
  const store = (credential: Parameters<CredentialFile['store']>[1]) =>
    new CredentialFile(folder, () => undefined).store(registry.host, credential);
  const basic = `Basic ${Buffer.from('ada:p:w').toString('base64')}`;
  const requireHeader = (challenge: string, wanted: string) =>
    registry.behave((request, response) => {
      if (request.headers.authorization === wanted) return false;
      request.resume();
      response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
      return true;
    });

  it('are sent to a registry that asks for Basic', async () => {
    await store({ username: 'ada', password: 'p:w' });
    requireHeader('Basic realm="r"', basic);
    const { name, layer } = await addModel(bytesOf(100));
    await collect(push(name, { identity: keys() }));
    expect(stored(layer)).toEqual(bytesOf(100));
    expect(registry.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('are requested from the user when they are missing or wrong', async () => {
    requireHeader('Basic realm="r"', basic);
    const { name } = await addModel(bytesOf(100));
    const expected = `unauthorized: access denied (run "ollama login ${registry.host}")`;
    expect(await refusalOf(name, { identity: keys() })).toBe(expected);
    await store({ username: 'ada', password: 'wrong' });
    expect(await refusalOf(name, { identity: keys() })).toBe(expected);
  });

  it('obtain a token from the registry’s own realm', async () => {
    await store({ username: 'ada', password: 'p:w' });
    const shown: (string | undefined)[] = [];
    const answer = (
      request: { headers: { authorization?: string | undefined } },
      response: { end(text: string): void },
    ) => {
      shown.push(request.headers.authorization);
      response.end('{"access_token":"t"}');
    };
    registry.behave(requireUploadToken(`${registry.url}/token`, (token) => token === 't', answer));
    const { name, layer } = await addModel(bytesOf(100));
    await collect(push(name, { identity: keys() }));
    expect([shown, stored(layer)]).toEqual([[basic], bytesOf(100)]);
  });

  it('are not sent to a realm on another host without https', async () => {
    await store({ username: 'ada', password: 'p:w' });
    const other = await UploadRegistry.start();
    registry.behave(
      requireUploadToken(
        `${other.url}/token`,
        () => true,
        () => undefined,
      ),
    );
    const { name } = await addModel(bytesOf(100));
    expect(await refusalOf(name, { identity: keys() })).toMatch(
      /^realm host ".*" does not match original host/,
    );
    expect(other.requests).toEqual([]);
    await other.close();
  });

  it('that are tokens are sent unchanged', async () => {
    await store({ token: 'hf_x' });
    requireHeader('Bearer realm="https://elsewhere.example"', 'Bearer hf_x');
    const { name, layer } = await addModel(bytesOf(100));
    await collect(push(name, { identity: keys() }));
    expect(stored(layer)).toEqual(bytesOf(100));
  });

  it('that cannot be read do not cause a crash', async () => {
    await writeFile(join(folder, 'auth.json'), '{"auths":{"h":{"auth":7}}}', { mode: 0o600 });
    requireHeader('Basic realm="r"', basic);
    const { name } = await addModel(bytesOf(100));
    expect(await refusalOf(name, { identity: keys() })).toMatch(/auth\.json: auths\.h\.auth is malformed/);
  });
});
