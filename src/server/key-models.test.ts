/** What a key may use of the models: on every route that names one, and in every list. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyRecord, keysOf } from '../../test/fakes/access/key-records.ts';
import { smallModel } from '../../test/fakes/models/small-gguf.ts';
import { validBodies } from '../../test/fakes/random/valid-bodies.ts';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import { scopes } from '../api/scopes.ts';
import { parseConfigFile } from '../config/file/parse-config-file.ts';
import { ModelName } from '../names/model-name.ts';
import { mediaTypes } from '../store/manifest.ts';

const all = scopes.filter((scope) => scope !== 'admin');
const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
const mine = bearer('ok-mine');
const file = parseConfigFile('aliases:\n  pet: { model: theirs }\n  other: { model: mine }\n', '/c.yaml');

let server: ScriptServer;
const pulled: string[] = [];

beforeAll(async () => {
  const keys = await keysOf([
    keyRecord('ok-mine', { scopes: all, models: ['mine*', 'pet'] }),
    keyRecord('ok-second', { scopes: all }),
    keyRecord('ok-plain', { scopes: ['generate'] }),
  ]);
  const pull = async function* (name: { short: string }) {
    pulled.push(name.short);
    yield { status: 'success' };
  };
  // A runner that has ended once would end each model at once.
  const load = async () => new ScriptRunner();
  const settings = { registryCache: true };
  server = await startScriptServer({ keys, file, pull, push: pull, load, settings });
  await server.addModel('mine');
  await server.addModel('theirs');
});
afterAll(() => server.close());

const post = (path: string, body: object, headers = mine) => server.post(path, body, headers);

async function weightsOf(model: string): Promise<string> {
  const layers = (await server.store.manifests.read(ModelName.parse(model)))?.manifest.layers ?? [];
  return layers.find(({ mediaType }) => mediaType === mediaTypes.model)?.digest ?? '';
}

async function refusal(response: Response): Promise<[number, string]> {
  return [response.status, await response.text()];
}

const bodies = Object.entries(validBodies).filter(
  ([path]) =>
    ![
      '/api/link',
      '/api/type-speeds',
      '/api/keys',
      '/api/keys/:id/rotate',
      '/api/session',
      // The names of models in a chat are texts like any other.
      '/api/chats/:id',
      // The lines of its file name the models, and are checked one by one.
      '/v1/batches',
    ].includes(path),
);

describe('a key for some models', () => {
  it.each(bodies)('may not name another one: %s', async (path, body) => {
    const method = path === '/api/delete' ? 'DELETE' : 'POST';
    for (const model of [
      'theirs',
      'THEIRS:latest',
      'library/theirs',
      'registry.ollama.ai/library/theirs',
      'none',
    ]) {
      const named =
        path === '/api/copy' ? { source: model, destination: 'mine2' } : { ...(body as object), model };
      const init = { method, headers: mine, body: JSON.stringify(named) };
      const [status, text] = await refusal(await server.app.request(path, init));
      expect([status, text], model).toEqual([403, expect.stringContaining('may not use the model')]);
    }
  });

  it.each([
    ['/api/copy', { source: 'mine', destination: 'yours' }],
    ['/api/create', { model: 'mine2', from: 'theirs' }],
    ['/api/create', { model: 'mine2', from: 'https://example.com/org/theirs.gguf' }],
    ['/api/pull', { name: 'theirs' }],
    ['/api/pull', { model: 'https://example.com/org/theirs.gguf' }],
    ['/api/show', { name: 'theirs' }],
    ['/api/verify', {}],
  ])('%s %j is refused too', async (path, body) => {
    expect((await post(path, body)).status).toBe(403);
    expect(pulled).not.toContain('theirs:latest');
  });

  it('reads of a health check nothing about other models, and a machine without a key nothing but the status', async () => {
    const everybody = bearer('ok-second');
    // Both have the same weights, and the one that is loaded first names them.
    await post('/api/generate', { model: 'mine', prompt: '', keep_alive: 0 }, everybody);
    const running = async () =>
      (await (await server.app.request('/api/ps', { headers: everybody })).json()) as { models: object[] };
    await expect.poll(async () => (await running()).models).toEqual([]);
    expect((await post('/api/generate', { model: 'theirs', prompt: '' }, everybody)).status).toBe(200);
    const remote = {
      incoming: { socket: { remoteAddress: '192.168.1.9' }, headers: {} },
    } as unknown as object;
    const checks = async (headers: Record<string, string>, from?: object) => {
      const reply = await server.app.request('/health', { headers }, from);
      const report = (await reply.json()) as { status: string; checks: { name: string }[] };
      return [report.status, ...report.checks.map(({ name }) => name)];
    };
    expect(await checks(everybody)).toContain('model theirs:latest');
    expect(await checks({})).toContain('model theirs:latest');
    for (const from of [undefined, remote]) {
      expect(await checks(mine, from)).toContain('disk');
      expect(await checks(mine, from)).not.toContain('model theirs:latest');
    }
    expect(await checks({}, remote)).toEqual(['ok']);
  });

  it('is refused the model of a health check, of a manifest and of /v1/models', async () => {
    for (const path of ['/health?model=theirs', '/v2/library/theirs/manifests/latest', '/v1/models/theirs'])
      expect((await server.app.request(path, { headers: mine })).status, path).toBe(403);
  });

  it('gets no blob of another model by the name of its own', async () => {
    const { layers } = (await server.store.manifests.read(ModelName.parse('theirs')))?.manifest ?? {
      layers: [],
    };
    const own = (await server.store.manifests.read(ModelName.parse('mine')))?.manifest.layers ?? [];
    const foreign = layers.find(({ digest }) => !own.some((layer) => layer.digest === digest));
    const digest = foreign?.digest ?? `sha256:${'1'.repeat(64)}`;
    const path = (of: string) => `/v2/library/mine/blobs/${of}`;
    expect((await server.app.request(path(digest), { headers: mine })).status).toBe(307);
    expect((await server.app.request(path(own[0]?.digest ?? ''), { headers: mine })).status).toBe(200);
  });

  it.each(['files', 'adapters', 'draft_files'])('creates nothing from %s of another model', async (field) => {
    const metadata = { 'general.name': { type: 'string', value: `theirs ${field}` } } as const;
    await server.addModel('theirs2', { metadata });
    const theirs = await weightsOf('theirs2');
    const create = (digest: string, headers = mine) => {
      const base = field === 'files' ? {} : { from: 'mine' };
      const body = { model: 'mine3', ...base, [field]: { 'a.gguf': digest }, stream: false };
      return post('/api/create', body, headers);
    };
    for (const digest of [theirs, theirs.replace(':', '-').toUpperCase().replace('SHA', 'sha')])
      expect(await refusal(await create(digest))).toEqual([403, expect.stringContaining('may not use')]);
    expect(await server.store.manifests.read(ModelName.parse('mine3'))).toBeUndefined();
    expect((await create(theirs, bearer('ok-second'))).status).not.toBe(403);
    await server.post('/api/copy', { source: 'theirs2', destination: 'mine4' }, bearer('ok-second'));
    expect((await create(theirs)).status).not.toBe(403);
    for (const model of ['mine3', 'mine4'])
      await server.app.request('/api/delete', {
        method: 'DELETE',
        headers: mine,
        body: `{"model":"${model}"}`,
      });
  });

  it('creates a model from a file that belongs to none', async () => {
    const bytes = smallModel({ 'general.name': { type: 'string', value: 'uploaded' } });
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const upload = { method: 'POST', headers: mine, body: new Uint8Array(bytes) };
    expect((await server.app.request(`/api/blobs/${digest}`, upload)).status).toBe(201);
    const body = { model: 'mine5', files: { 'a.gguf': digest }, stream: false };
    expect((await post('/api/create', body)).status).toBe(200);
    await server.app.request('/api/delete', { method: 'DELETE', headers: mine, body: '{"model":"mine5"}' });
  });

  it('may use its models, and an alias by the name of the alias', async () => {
    for (const model of ['mine', 'MINE:latest', 'pet']) {
      expect((await post('/api/generate', { model, prompt: 'x', stream: false })).status, model).toBe(200);
      expect((await post('/api/show', { model })).status, model).toBe(200);
    }
    const alias = await refusal(await post('/api/generate', { model: 'other', prompt: 'x' }));
    expect(alias).toEqual([403, expect.stringContaining("'other'")]);
    expect((await post('/api/pull', { model: 'mine:q4', stream: false })).status).toBe(200);
  });

  it('sees only them in lists', async () => {
    await post('/api/generate', { model: 'theirs', prompt: 'x', stream: false }, bearer('ok-second'));
    const namesAt = async (path: string, list: string, headers = mine) => {
      const body = (await (await server.app.request(path, { headers })).json()) as Record<string, unknown[]>;
      return (body[list] as { name?: string; id?: string }[]).map(({ name, id }) => name ?? id).sort();
    };
    expect(await namesAt('/api/tags', 'models')).toEqual(['mine:latest', 'pet:latest']);
    expect(await namesAt('/v1/models', 'data')).toEqual(['mine:latest', 'pet:latest']);
    expect(await namesAt('/api/ps', 'models')).not.toContain('theirs:latest');
    expect(await namesAt('/api/tags', 'models', bearer('ok-second'))).toContain('theirs:latest');
  });
});

describe('scopes beyond the route', () => {
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
  const messages = [{ role: 'user', content: 'x' }];
  const plain = bearer('ok-plain');

  it.each([
    ['/api/chat', { model: 'mine', messages, tools, stream: false }],
    ['/v1/chat/completions', { model: 'mine', messages, tools }],
    ['/v1/chat/completions', { model: 'mine', messages, functions: [{ name: 'f', parameters: {} }] }],
    [
      '/v1/responses',
      { model: 'mine', input: 'x', tools: [{ type: 'function', name: 'f', parameters: {} }] },
    ],
    [
      '/v1/messages',
      { model: 'mine', max_tokens: 5, messages, tools: [{ name: 'f', input_schema: { type: 'object' } }] },
    ],
  ])('%s with tools needs the scope tools', async (path, body) => {
    const without = await refusal(await post(path, body, plain));
    expect(without).toEqual([403, expect.stringContaining('tools')]);
    expect((await post(path, body, bearer('ok-second'))).status).not.toBe(403);
    const { tools: _, functions: __, ...toolless } = body as Record<string, unknown>;
    expect((await post(path, toolless, plain)).status).toBe(200);
  });

  it('unloading by an empty prompt needs the scope load', async () => {
    const unload = { model: 'mine', keep_alive: 0, stream: false };
    expect((await post('/api/generate', unload, plain)).status).toBe(403);
    expect((await post('/api/generate', { ...unload, keep_alive: 60 }, plain)).status).toBe(200);
    expect((await post('/api/generate', unload, bearer('ok-second'))).status).toBe(200);
  });

  it.each([
    ['/api/generate', { prompt: 'x', stream: false }],
    ['/api/chat', { messages, stream: false }],
    ['/api/embed', { input: [] }],
    ['/api/embeddings', { prompt: '' }],
    ['/api/tokenize', { content: 'x' }],
    ['/api/detokenize', { tokens: [5] }],
    ['/v1/chat/completions', { messages }],
    ['/v1/completions', { prompt: 'x' }],
    ['/v1/messages', { messages, max_tokens: 5 }],
    ['/v1/responses', { input: 'x' }],
  ])('%s keeps a model neither longer nor shorter without the scope load', async (path, fields) => {
    const body = { model: 'mine', ...fields };
    // All models of this server have the same files, and are therefore one in memory.
    const running = () => server.scheduler.running()[0];
    for (const keep_alive of [0, -1, '24h']) {
      const reply = await post(path, { ...body, keep_alive }, plain);
      expect([reply.status, reply.headers.get('X-Ollama-Ignored')]).toEqual([200, 'keep_alive']);
      await reply.text();
      const mine = running();
      expect(mine?.state).toBe('ready');
      expect(Number(mine?.expiresAt)).toBeLessThanOrEqual(Date.now() + 60_000);
    }
    const usual = await post(path, { ...body, keep_alive: '' }, plain);
    expect(usual.headers.get('X-Ollama-Ignored')).toBeNull();
    const allowed = await post(path, { ...body, keep_alive: 0 }, bearer('ok-second'));
    await allowed.text();
    expect(allowed.headers.get('X-Ollama-Ignored')).toBeNull();
    expect([undefined, 'stopping']).toContain(running()?.state);
  });

  it('a stored response belongs to the key that asked for it', async () => {
    const made = await post('/v1/responses', { model: 'mine', input: 'x' }, plain);
    const { id } = (await made.json()) as { id: string };
    const path = `/v1/responses/${id}`;
    const other = bearer('ok-second');
    expect((await server.app.request(path, { headers: other })).status).toBe(404);
    expect((await server.app.request(path, { method: 'DELETE', headers: other })).status).toBe(404);
    const next = { model: 'mine', input: 'y', previous_response_id: id };
    expect((await post('/v1/responses', next, other)).status).toBe(404);
    expect((await post('/v1/responses', next, plain)).status).toBe(200);
    expect((await server.app.request(path, { headers: plain })).status).toBe(200);
  });
});
