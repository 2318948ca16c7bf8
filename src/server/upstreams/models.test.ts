/** Models of upstreams in lists, `show`, `ps` and `create`; their limits, usage and vectors. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitedKeys } from '../../../test/fakes/access/limited-keys.ts';
import { type OpenAiServer, startOpenAiServer } from '../../../test/fakes/servers/openai-server.ts';
import { said, startRecordedUpstream, status } from '../../../test/fakes/servers/recorded-upstream.ts';
import { type FrontServer, startFront, upstream } from '../../../test/fakes/servers/upstream-pair.ts';
import { RunLimits } from '../../access/limits/run-limits.ts';
import { systemClock } from '../../base/clock.ts';
import { type Alias, emptyConfigFile } from '../../config/file/config-file.ts';

const messages = [{ role: 'user', content: 'hi' }];
let back: OpenAiServer;
let front: FrontServer;
beforeEach(async () => {
  back = await startOpenAiServer();
});
afterEach(async () => {
  await front.close();
  await back.close();
});

const behind = (models: NonNullable<Parameters<typeof upstream>[0]['models']>) =>
  upstream({ name: 'behind', url: back.url, kind: 'ollama', models });
const get = async (path: string, headers: Record<string, string> = {}) =>
  (await (await fetch(front.url + path, { headers })).json()) as {
    models: { name: string }[];
    data: { id: string }[];
  };
const bodyOf = async (reply: Response) => (await reply.json()) as Record<string, unknown>;
const chat = (model: string) => front.post('/api/chat', { model, messages, stream: false });

describe('a list of models', () => {
  beforeEach(async () => {
    front = await startFront([
      behind([{ name: 'far', as: 'm' }, 'other-*', { name: 'here', use: 'overflow' }]),
    ]);
    await front.server.addModel('here');
  });

  it('has the names of upstreams and no patterns, and a model that is here first as it is here', async () => {
    const { models } = await get('/api/tags');
    expect(models.map(({ name }) => name)).toEqual(['here:latest', 'far']);
    expect(models[1]).toMatchObject({ remote_model: 'm', remote_host: 'behind', size: 0 });
    expect(models[0]).not.toHaveProperty('remote_host');
    expect((await get('/v1/models')).data.map(({ id }) => id)).toEqual(['here:latest', 'far']);
    const listed = await get('/v1/models', { 'anthropic-version': '2023-06-01' });
    expect(listed.data.map(({ id }) => id)).toEqual(['here:latest', 'far']);
  });

  it('is followed by a description of each, also of one that a pattern matches', async () => {
    for (const [model, target] of [
      ['far', 'm'],
      ['other-one', 'other-one'],
    ]) {
      const shown = await bodyOf(await front.post('/api/show', { model }));
      expect(shown).toMatchObject({ remote_model: target, remote_host: 'behind', model_info: {} });
      expect(shown.capabilities).toEqual(['completion', 'tools']);
    }
    expect(await bodyOf(await front.post('/api/show', { model: 'here' }))).not.toHaveProperty('remote_host');
  });

  it('of running models has those that an upstream answered for', async () => {
    expect((await get('/api/ps')).models).toEqual([]);
    await (await chat('far')).json();
    expect((await get('/api/ps')).models).toMatchObject([
      { name: 'far', remote_model: 'm', remote_host: 'behind', remote_state: 'in use', size_vram: 0 },
    ]);
  });
});

describe('a request for a model of an upstream', () => {
  it('without messages loads nothing, and says what was asked', async () => {
    front = await startFront([behind([{ name: 'far', as: 'm' }])]);
    expect(await bodyOf(await front.post('/api/chat', { model: 'far', stream: false }))).toMatchObject({
      ...{ done_reason: 'load', remote_host: 'behind' },
    });
    const unload = { model: 'far', keep_alive: 0, stream: false };
    expect(await bodyOf(await front.post('/api/generate', unload))).toMatchObject({ done_reason: 'unload' });
    expect(back.server.runner.requests).toEqual([]);
  });

  it('reaches it by an alias, with the options of the alias', async () => {
    const alias: Alias = { name: 'nick:latest', target: 'far:latest', options: { num_predict: 7 } };
    const file = {
      ...emptyConfigFile,
      aliases: new Map([['registry.ollama.ai/library/nick:latest', alias]]),
    };
    front = await startFront([behind([{ name: 'far', as: 'm' }])], { file });
    expect(await bodyOf(await chat('nick'))).toMatchObject({ model: 'nick', remote_model: 'm' });
    expect(back.server.runner.requests.at(-1)?.maxTokens).toBe(7);
    const { models } = await get('/api/tags');
    expect(models.map(({ name }) => name)).toContain('nick:latest');
  });

  it('is refused where only models here will do', async () => {
    front = await startFront([behind([{ name: 'far', as: 'm' }])]);
    for (const [path, body] of [
      ['/api/tokenize', { content: 'x' }],
      ['/api/rerank', { query: 'x', documents: ['y'] }],
    ] as const) {
      const reply = await front.post(path, { model: 'far', ...body });
      expect(reply.status).toBe(400);
      expect((await bodyOf(reply)).error).toContain('runs on the upstream "behind"');
    }
    const counted = await front.post('/v1/messages/count_tokens', { model: 'far', messages });
    expect(counted.status).toBe(400);
    const tokens = await front.post('/v1/completions', { model: 'far', prompt: [1, 2, 3] });
    expect(tokens.status).toBe(400);
  });

  it('to delete it says that the config file has it, unless only a pattern matches', async () => {
    front = await startFront([behind([{ name: 'far', as: 'm' }, '*'])]);
    const remove = async (model: string) => {
      const reply = await fetch(`${front.url}/api/delete`, {
        method: 'DELETE',
        body: `{"model":"${model}"}`,
      });
      return [reply.status, (await bodyOf(reply)).error];
    };
    const text = "'far' is a model of the upstream 'behind' in the config file: remove it there";
    expect(await remove('far')).toEqual([404, text]);
    expect(await remove('fra')).toEqual([404, "model 'fra' not found"]);
  });

  it('counts for the usage under its own name', async () => {
    front = await startFront([behind([{ name: 'far', as: 'm' }, '*'])]);
    await (await chat('far')).json();
    await (await chat('no-such-model')).json();
    const { usage } = (await bodyOf(await fetch(`${front.url}/api/usage?by=model`))) as unknown as {
      usage: { model: string; output_tokens: number }[];
    };
    // A name that only matches a pattern and does not exist is counted as the pattern.
    expect(usage.map(({ model, output_tokens: tokens }) => [model, tokens]).sort()).toEqual([
      ['*', 0],
      ['far', 2],
    ]);
  });
});

describe('vectors', () => {
  const replyTo = (kind: 'openai' | 'ollama', input: readonly string[]) => {
    const vectors = input.map((text) => [3 * text.length, 4 * text.length]);
    if (kind === 'ollama') return { embeddings: vectors, prompt_eval_count: input.length };
    const encoded = (vector: number[]) => Buffer.from(Float32Array.from(vector).buffer).toString('base64');
    const data = vectors.map((vector, index) => ({ index, embedding: encoded(vector) }));
    // Order is no matter where each has its index.
    return { data: data.reverse(), usage: { prompt_tokens: input.length } };
  };

  it.each(['openai', 'ollama'] as const)(
    'come from an upstream with the API of %s, in order',
    async (kind) => {
      const recorded = await startRecordedUpstream((reply, { body }) =>
        status(200, replyTo(kind, body.input as string[]))(reply, undefined as never),
      );
      front = await startFront([upstream({ name: 'vectors', url: recorded.url, kind })]);
      const input = Array.from({ length: 70 }, (_, index) => 'x'.repeat(index + 1));
      const reply = await bodyOf(await front.post('/api/embed', { model: 'far', input }));
      expect(reply).toMatchObject({ model: 'far', prompt_eval_count: 70 });
      expect(reply.embeddings).toEqual(input.map(() => [0.600000024, 0.800000012]));
      // No reply is larger than the vectors of 32 inputs.
      expect(recorded.requests.map(({ body }) => (body.input as string[]).length)).toEqual([32, 32, 6]);
      const short = await front.post('/v1/embeddings', { model: 'far', input: 'x', dimensions: 1 });
      expect(await bodyOf(short)).toMatchObject({ data: [{ embedding: [1] }], usage: { prompt_tokens: 1 } });
      const ignored = await front.post('/api/embed', { model: 'far', input: 'x', options: { top_k: 1 } });
      expect(ignored.headers.get('x-ollama-ignored')).toBe(kind === 'openai' ? 'options.top_k' : null);
      await recorded.kill();
    },
  );

  it('that are fewer than the inputs are refused', async () => {
    const recorded = await startRecordedUpstream(status(200, { embeddings: [[1]] }));
    front = await startFront([upstream({ name: 'vectors', url: recorded.url, kind: 'ollama' })]);
    const reply = await front.post('/api/embed', { model: 'far', input: ['a', 'b'] });
    expect(reply.status).toBe(502);
    expect((await bodyOf(reply)).error).toContain('1 vectors for 2 inputs');
    await recorded.kill();
  });

  it("are refused for Anthropic's API, and for pictures", async () => {
    front = await startFront([upstream({ name: 'a', url: back.url, kind: 'anthropic' })]);
    const reply = await front.post('/api/embed', { model: 'far', input: 'x' });
    expect(reply.status).toBe(400);
    expect((await bodyOf(reply)).error).toContain('no embeddings');
  });
});

describe('the limits of a key', () => {
  it('hold for models of upstreams: rights, models and tokens', async () => {
    const keys = await limitedKeys({ anna: { limits: { tokensPerMinute: 60 } } });
    front = await startFront([behind([{ name: 'far', as: 'm' }])], {
      keys,
      limits: new RunLimits(systemClock),
    });
    const authorization = { authorization: 'Bearer anna' };
    expect((await chat('far')).status).toBe(401);
    const first = await front.post('/api/chat', { model: 'far', messages, stream: false }, authorization);
    expect(first.status).toBe(200);
    const most = Number(first.headers.get('x-ollama-max-tokens'));
    expect(most).toBeGreaterThan(0);
    expect(back.server.runner.requests.at(-1)?.maxTokens).toBe(most);
    const long = { model: 'far', messages: [{ role: 'user', content: 'word '.repeat(200) }], stream: false };
    expect((await front.post('/api/chat', long, authorization)).status).toBe(429);
  });

  it('count by a guess what an upstream answers that tells no usage', async () => {
    const silent = await startRecordedUpstream(said('One'));
    const keys = await limitedKeys({ anna: { limits: { tokensPerMinute: 60 } } });
    front = await startFront([upstream({ name: 'silent', url: silent.url, kind: 'openai' })], {
      keys,
      limits: new RunLimits(systemClock),
    });
    const asked = { model: 'far', messages, stream: false, options: { num_predict: 1 } };
    const codes = [];
    for (let turn = 0; turn < 3; turn++) {
      const reply = await front.post('/api/chat', asked, { authorization: 'Bearer anna' });
      codes.push(reply.status);
    }
    expect(codes).toEqual([200, 200, 429]);
    await silent.kill();
  });
});

describe('a remote model of the store', () => {
  it('is created, listed, shown, run and deleted', async () => {
    front = await startFront([behind(['nothing'])]);
    const created = await front.post('/api/create', {
      ...{ model: 'stub', from: 'm', remote_host: 'behind', stream: false },
      ...{ system: 'Be brief.', parameters: { num_predict: 5 } },
    });
    expect([created.status, await bodyOf(created)]).toEqual([200, { status: 'success' }]);
    const listed = (await get('/api/tags')).models.find(({ name }) => name === 'stub:latest');
    expect(listed).toMatchObject({ remote_model: 'm', remote_host: 'behind' });
    expect(await bodyOf(await front.post('/api/show', { model: 'stub' }))).toMatchObject({
      ...{ remote_model: 'm', remote_host: 'behind', system: 'Be brief.' },
    });
    const reply = await bodyOf(await chat('stub'));
    expect(reply).toMatchObject({ message: { content: 'Hello world' }, remote_host: 'behind' });
    expect(await back.lastPrompt()).toContain('[system]Be brief.');
    expect(back.server.runner.requests.at(-1)?.maxTokens).toBe(5);
    const { usage } = (await bodyOf(await fetch(`${front.url}/api/usage?by=model`))) as unknown as {
      usage: { requests: number }[];
    };
    expect(usage.map(({ requests }) => requests)).toEqual([1]);
    const removed = await fetch(`${front.url}/api/delete`, {
      ...{ method: 'DELETE', body: JSON.stringify({ model: 'stub' }) },
    });
    expect(removed.status).toBe(200);
    expect((await chat('stub')).status).toBe(404);
  });

  it('may name a host in OLLAMA_REMOTES only, when it is created and when it runs', async () => {
    const remotes = ['127.0.0.1'];
    front = await startFront([], { remotes });
    const create = (host: string) =>
      front.post('/api/create', { model: 'stub', from: 'm', remote_host: host, stream: false });
    for (const host of [
      'evil.example',
      'http://127.0.0.2:11434',
      'http://u:p@127.0.0.1',
      'file:///etc',
      '%%',
    ]) {
      const refused = await create(host);
      expect([host, refused.status]).toEqual([host, 400]);
    }
    expect((await create(back.url)).status).toBe(200);
    expect(await bodyOf(await chat('stub'))).toMatchObject({ message: { content: 'Hello world' } });
    remotes.length = 0;
    const reply = await chat('stub');
    expect(reply.status).toBe(400);
    expect((await bodyOf(reply)).error).toMatch(/^this server cannot run this remote model/);
  });

  it('has no weights of its own', async () => {
    front = await startFront([behind(['nothing'])]);
    const stub = { model: 'stub', from: 'm', remote_host: 'behind', stream: false };
    for (const [extra, text] of [
      [{ draft_files: { x: `sha256:${'0'.repeat(64)}` } }, 'DRAFT cannot be used with remote models'],
      [{ quantize: 'q4_0' }, 'quantize cannot be used with remote models'],
      [{ from: '' }, "'from' is required"],
    ] as const) {
      const reply = await front.post('/api/create', { ...stub, ...extra });
      expect(reply.status).toBe(400);
      expect((await bodyOf(reply)).error).toContain(text);
    }
  });
});
