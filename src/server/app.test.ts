import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { linesOf, type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import type { BlobResponse } from '../api/blobs.ts';
import { OllamaError } from '../base/errors.ts';

let server: ScriptServer;

beforeEach(async () => {
  server = await startScriptServer();
  await server.addModel('m');
});
afterEach(() => server.close());

const restart = async (options: Parameters<typeof startScriptServer>[0]) => {
  await server.close();
  server = await startScriptServer(options);
  await server.addModel('m');
};
const { stringify } = JSON;
const hi = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

describe('plain routes', () => {
  it('report that the server is running', async () => {
    const response = await server.app.request('/');
    expect(await response.text()).toBe('Ollama is running');
    expect((await server.app.request('/', { method: 'HEAD' })).status).toBe(200);
  });

  it('report the version', async () => {
    const response = await server.app.request('/api/version');
    expect(response.headers.get('Content-Type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toEqual({ version: '0.1.2' });
  });

  it('list models', async () => {
    const response = await server.app.request('/api/tags');
    expect(await response.json()).toMatchObject({
      models: [{ name: 'm:latest', details: { family: 'llama' } }],
    });
    await server.app.request('/api/delete', { method: 'DELETE', body: '{"model":"m"}' });
    expect(await (await server.app.request('/api/tags')).json()).toEqual({ models: [] });
  });

  it('list loaded models, with an expiry far in the future for "forever"', async () => {
    expect(await (await server.app.request('/api/ps')).json()).toEqual({ models: [] });
    await server.post('/api/generate', { model: 'm', keep_alive: -1 });
    const response = await server.app.request('/api/ps');
    const { models } = (await response.json()) as { models: { expires_at: string }[] };
    expect(models).toMatchObject([
      { name: 'm:latest', model: 'm:latest', size: 1000, size_vram: 0, context_length: 2048 },
    ]);
    expect(new Date(models[0]?.expires_at ?? '').getFullYear()).toBeGreaterThan(2200);
  });

  it('list an expiry in RFC 3339 however long a model stays', async () => {
    for (const keep_alive of [1e12, 1e300, '9999999h', '99999999999999']) {
      await server.post('/api/generate', { model: 'm', keep_alive });
      const response = await server.app.request('/api/ps');
      const { models } = (await response.json()) as { models: { expires_at: string }[] };
      expect(models[0]?.expires_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
  });

  it('show, copy and delete a model', async () => {
    const shown = await server.post('/api/show', { name: 'm' });
    expect(await shown.json()).toMatchObject({ model_info: { 'general.architecture': 'llama' } });
    const copied = await server.post('/api/copy', { source: 'm', destination: 'n:1' });
    expect([copied.status, await copied.text()]).toEqual([200, '']);
    const deleted = await server.app.request('/api/delete', { method: 'DELETE', body: '{"model":"n:1"}' });
    expect([deleted.status, await deleted.text()]).toEqual([200, '']);
    expect((await server.post('/api/show', { model: 'n:1' })).status).toBe(404);
  });

  it('unload a deleted model', async () => {
    await server.post('/api/generate', { model: 'm' });
    await server.app.request('/api/delete', { method: 'DELETE', body: '{"model":"m"}' });
    await expect.poll(() => server.runner.stopped).toBe(true);
  });

  it('create a model from another and stream the progress', async () => {
    const lines = await linesOf(
      await server.post('/api/create', { model: 'n', from: 'm', system: 'Be kind' }),
    );
    expect(lines.at(-1)).toEqual({ status: 'success' });
    const whole = await server.post('/api/create', { model: 'o', from: 'm', stream: false });
    expect(await whole.json()).toEqual({ status: 'success' });
  });

  it('pull, and report the last progress when not streaming', async () => {
    const asked: unknown[] = [];
    await restart({
      pull: async function* (name, { insecure }) {
        asked.push([name.full, insecure]);
        yield { status: 'pulling manifest' };
        if (name.model === 'broken') throw new OllamaError('upstream', 'pull model manifest: gone');
        yield { status: 'success' };
      },
    });
    expect(await linesOf(await server.post('/api/pull', { model: 'x', insecure: true }))).toEqual([
      { status: 'pulling manifest' },
      { status: 'success' },
    ]);
    expect(asked).toEqual([['registry.ollama.ai/library/x:latest', true]]);
    expect(await (await server.post('/api/pull', { name: 'x', stream: false })).json()).toEqual({
      status: 'success',
    });
    expect((await linesOf(await server.post('/api/pull', { model: 'broken' }))).at(-1)).toEqual({
      error: 'pull model manifest: gone',
    });
    expect((await server.post('/api/pull', { model: 'broken', stream: false })).status).toBe(500);
  });
});

describe('streams', () => {
  it('write one JSON line per event', async () => {
    const response = await server.post('/api/chat', hi);
    expect(response.headers.get('Content-Type')).toBe('application/x-ndjson');
    const lines = await linesOf(response);
    expect(lines.map((line) => line.done)).toEqual([false, false, true]);
  });

  it('keep each event on one line, even for readers that split at U+0085, U+2028 and U+2029', async () => {
    const said = 'a\u0085b\u2028c\u2029d';
    await restart({ runner: new ScriptRunner({ pieces: [said] }) });
    const text = await (await server.post('/api/generate', { model: 'm', prompt: 'hi', raw: true })).text();
    expect(text).not.toMatch(/[\u0085\u2028\u2029]/);
    const [first = ''] = text.split('\n');
    expect(JSON.parse(first)).toMatchObject({ response: said });
  });

  it('become one object without streaming', async () => {
    const chat = await server.post('/api/chat', { ...hi, stream: false });
    expect(chat.headers.get('Content-Type')).toBe('application/json; charset=utf-8');
    expect(await chat.json()).toMatchObject({
      message: { role: 'assistant', content: 'Hello world' },
      done: true,
    });
    const generated = await server.post('/api/generate', {
      model: 'm',
      prompt: 'x',
      stream: false,
      logprobs: true,
    });
    expect(await generated.json()).toMatchObject({
      response: 'Hello world',
      logprobs: [{ token: 'Hello' }, { token: ' world' }],
    });
  });

  it('are one JSON object when a request only loads', async () => {
    const response = await server.post('/api/chat', { model: 'm' });
    expect(response.headers.get('Content-Type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toMatchObject({ done_reason: 'load' });
  });

  it('end with an error line when the runner dies, and the next request works', async () => {
    server.runner.script = {
      pieces: ['a'],
      failure: new OllamaError('runner-failed', 'model runner has stopped'),
    };
    const lines = await linesOf(await server.post('/api/chat', hi));
    expect(lines).toMatchObject([{ message: { content: 'a' } }, { error: 'model runner has stopped' }]);
    server.runner.script = { pieces: ['b'] };
    expect((await linesOf(await server.post('/api/chat', hi))).at(-1)).toMatchObject({ done: true });
  });

  it('hide the message of an unexpected error but log it', async () => {
    server.runner.script = { pieces: ['a'], failure: new Error('secret path') };
    const lines = await linesOf(await server.post('/api/chat', hi));
    expect(lines.at(-1)).toEqual({ error: 'internal error, see the server log' });
    expect(stringify(server.lines)).toContain('secret path');
  });

  it('report ignored fields and truncation in headers', async () => {
    const body = { ...hi, 'unknown,\n': 1, options: { num_ctx: 4, low_vram: true }, stream: false };
    const messages = [...hi.messages, ...hi.messages];
    const response = await server.post('/api/chat', { ...body, messages });
    expect(response.headers.get('X-Ollama-Ignored')).toBe('unknown??, options.low_vram');
    expect(response.headers.get('X-Ollama-Prompt-Truncated')).toBe('true');
    expect(await response.json()).not.toHaveProperty('prompt_truncated');
    expect((await server.post('/api/chat', hi)).headers.has('X-Ollama-Ignored')).toBe(false);
  });
});

describe('errors', () => {
  it.each([
    ['/api/generate', { model: 'x', prompt: 'p' }, 404, "model 'x' not found"],
    ['/api/chat', { model: 'x', messages: [] }, 404, "model 'x' not found"],
    ['/api/generate', { prompt: 'p' }, 404, "model '' not found"],
    ['/api/chat', { messages: [] }, 400, 'model is required'],
    ['/api/generate', { model: '../x' }, 400, 'invalid model name'],
    ['/api/chat', { model: 'a b' }, 400, 'invalid model name'],
    ['/api/show', { model: 'x' }, 404, "model 'x:latest' not found"],
    ['/api/show', {}, 400, 'model is required'],
    ['/api/show', { model: '/' }, 400, 'invalid model name'],
    ['/api/copy', { source: 'x', destination: 'y' }, 404, 'model "x" not found'],
    ['/api/pull', {}, 400, 'invalid model name'],
    ['/api/pull', { model: '../../x' }, 400, 'invalid model name'],
    [
      '/api/generate',
      { model: 'm', prompt: 'p', top_logprobs: 21 },
      400,
      'top_logprobs must be between 0 and 20',
    ],
    ['/api/generate', { model: 'm', prompt: 'p', think: true }, 400, '"m" does not support thinking'],
    [
      '/api/generate',
      { model: 'm', prompt: 'p', suffix: 's' },
      400,
      'registry.ollama.ai/library/m:latest does not support insert',
    ],
    [
      '/api/chat',
      { ...hi, tools: [{ type: 'function', function: { name: 'f' } }] },
      400,
      'registry.ollama.ai/library/m:latest does not support tools',
    ],
    ['/api/chat', { ...hi, options: { num_ctx: 'x' } }, 400, 'option "num_ctx" must be of type integer'],
    ['/api/chat', '', 400, 'missing request body'],
    ['/api/chat', '[]', 400, 'request body must be a JSON object, not array'],
    ['/api/chat', { model: 1 }, 400, 'field "model" must be of type string, not number'],
  ])('POST %s %j is %i %s', async (path, body, status, message) => {
    const response = await server.post(path, body);
    expect([response.status, await response.json()]).toEqual([status, { error: message }]);
    expect(response.headers.get('Content-Type')).toContain('application/json');
  });

  it.each([
    ['{}', 400, 'model is required'],
    ['{"model":"a b"}', 400, 'name "a b" is invalid'],
    ['{"model":"x"}', 404, "model 'x' not found"],
  ])('DELETE %s is %i %s', async (body, status, message) => {
    const response = await server.app.request('/api/delete', { method: 'DELETE', body });
    expect([response.status, await response.json()]).toEqual([status, { error: message }]);
  });

  it('refuses bad JSON and deep nesting', async () => {
    for (const body of ['{', 'x', '{"model":"m",', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`]) {
      const response = await server.post('/api/chat', body);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ error: expect.stringMatching(/^invalid JSON: /) });
    }
  });

  it('quotes only the beginning and the end of a long value', async () => {
    const response = await server.post('/api/chat', { model: 'm', format: 'x'.repeat(1_000_000) });
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(text).toContain('invalid format: \\"xxx');
    expect(text).toContain('xxx\\"; expected \\"json\\"');
    expect(text.length).toBeLessThan(11_000);
  });

  it('refuses a body over the limit, with or without Content-Length', async () => {
    const chunk = new Uint8Array(8 * 1024 * 1024).fill(32);
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(chunk);
      },
    });
    const request = { method: 'POST', body: endless, duplex: 'half' } as const;
    expect((await server.app.request('/api/chat', request)).status).toBe(413);
    expect(sent).toBeLessThan(20);
    const announced = await server.post('/api/chat', '{}', { 'Content-Length': String(2 ** 40) });
    expect(announced.status).toBe(413);
  });

  it('answers 503 when the queue is full, and 500 when a load fails', async () => {
    await restart({
      load: async () => {
        throw new OllamaError('load-failed', 'llama_model_load: out of memory');
      },
    });
    const failed = await server.post('/api/chat', hi);
    expect([failed.status, await failed.json()]).toEqual([500, { error: 'llama_model_load: out of memory' }]);
    await restart({ maxQueue: 1, runner: new ScriptRunner({ pieces: ['a', 'b'], delayMs: 50 }) });
    const ask = async () => {
      const response = await server.post('/api/chat', hi);
      return `${response.status} ${await response.text()}`;
    };
    const replies = await Promise.all(Array.from({ length: 4 }, ask));
    const busy = '{"error":"server busy, please try again.  maximum pending requests exceeded"}';
    expect(replies.filter((reply) => reply === `503 ${busy}`)).toHaveLength(2);
    expect(replies.filter((reply) => reply.startsWith('200 '))).toHaveLength(2);
  });

  it('survives an unexpected exception', async () => {
    await restart({
      pull: () => {
        throw new TypeError('a bug');
      },
    });
    const response = await server.post('/api/pull', { model: 'x' });
    expect([response.status, await response.json()]).toEqual([
      500,
      { error: 'internal error, see the server log' },
    ]);
    expect(server.lines).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'unexpected error' }),
    );
  });

  it('knows its paths and methods', async () => {
    const missing = await server.app.request('/api/nothing');
    expect([missing.status, await missing.text()]).toEqual([404, '404 page not found']);
    expect(missing.headers.get('Content-Type')).toContain('text/plain');
    const wrong = await server.app.request('/api/tags', { method: 'POST' });
    expect([wrong.status, wrong.headers.get('Allow'), await wrong.text()]).toEqual([
      405,
      'GET, HEAD',
      '405 method not allowed',
    ]);
    const slash = await server.app.request('/api/tags/');
    expect([slash.status, slash.headers.get('Location')]).toEqual([301, '/api/tags']);
    expect((await server.post('/api/chat/', hi)).status).toBe(307);
    expect((await server.app.request('//evil.example/')).status).toBe(404);
  });
});

describe('blobs', () => {
  const bytes = 'some weights';
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const upload = (name: string) => server.post(`/api/blobs/${name}`, bytes);
  const head = async (name: string) =>
    (await server.app.request(`/api/blobs/${name}`, { method: 'HEAD' })).status;

  it('are stored once under their digest', async () => {
    expect(await head(digest)).toBe(404);
    expect((await upload(digest)).status).toBe(201);
    expect(await head(digest)).toBe(200);
    expect(await head(digest.replace(':', '-'))).toBe(200);
    expect((await upload(digest)).status).toBe(200);
  });

  it('are stored under the digest that the server computes, where the client knows none', async () => {
    const reply = await server.post('/api/blobs', 'other weights');
    const { digest: named, size } = (await reply.json()) as BlobResponse;
    expect([reply.status, size]).toEqual([200, 13]);
    expect(named).toBe(`sha256:${createHash('sha256').update('other weights').digest('hex')}`);
    expect(await head(named)).toBe(200);
    expect((await server.app.request('/api/blobs', { method: 'POST' })).status).toBe(400);
  });

  it('are refused when the bytes do not match, and nothing is kept', async () => {
    const other = `sha256:${'0'.repeat(64)}`;
    const before = await server.store.blobs.list();
    const response = await upload(other);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: `digest mismatch, expected "${other}", got "${digest}"` });
    expect(await server.store.blobs.list()).toHaveLength(before.length);
  });

  it.each(['x', 'sha256:..%2F..%2Fetc%2Fpasswd', `sha256:${'z'.repeat(64)}`])(
    'are refused as %s',
    async (name) => {
      const response = await upload(name);
      expect([response.status, await response.json()]).toEqual([400, { error: 'invalid digest format' }]);
      expect(await head(name)).toBe(400);
    },
  );
});

describe('request log', () => {
  it('has a line per request, reads at debug level', async () => {
    await server.app.request('/api/tags');
    await server.post('/api/show', { model: 'absent' });
    const requests = server.lines.filter((line) => line.message === 'request');
    expect(requests).toMatchObject([
      { level: 'debug', fields: { method: 'GET', path: '/api/tags', status: 200 } },
      { level: 'info', fields: { method: 'POST', path: '/api/show', status: 404 } },
    ]);
  });
});
