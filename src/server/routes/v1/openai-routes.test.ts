import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptRunner } from '../../../../test/fakes/runners/script-runner.ts';
import { allOf, type OpenAiServer, startOpenAiServer } from '../../../../test/fakes/servers/openai-server.ts';

let api: OpenAiServer;
beforeEach(async () => {
  api = await startOpenAiServer();
});
afterEach(() => api.close());

describe('text completions', () => {
  const create = (fields: object) =>
    api.client.completions.create({ model: 'm', prompt: 'Once', ...fields, stream: false });

  it('count each prompt once in the usage, regardless of its number of answers', async () => {
    const one = (await create({ prompt: 'a b c' })).usage?.prompt_tokens ?? 0;
    const two = (await create({ prompt: ['a b c', 'a b c'] })).usage?.prompt_tokens;
    const twice = (await create({ prompt: 'a b c', n: 2 })).usage?.prompt_tokens;
    expect(one).toBeGreaterThan(0);
    expect([two, twice]).toEqual([2 * one, one]);
  });

  it('accept tokens unchanged and echo the prompt on request', async () => {
    const prompt = await api.server.runner.tokenize('Once upon a time', {
      addSpecial: false,
      parseSpecial: false,
    });
    const reply = await create({ prompt, echo: true });
    expect(reply.choices[0]?.text).toBe('Once upon a timeHello world');
    expect(api.server.runner.requests.at(-1)?.prompt.slice(-prompt.length)).toEqual(prompt);
  });

  it('return token probabilities in parallel lists', async () => {
    const reply = await create({ logprobs: 1 });
    expect(reply.choices[0]?.logprobs).toMatchObject({
      tokens: ['Hello', ' world'],
      token_logprobs: [-0.5, -0.5],
      text_offset: [0, 5],
    });
  });

  it('return the offset of each token, also in a stream after an echoed prompt', async () => {
    const stream = await api.client.completions.create({
      model: 'm',
      prompt: 'Once',
      stream: true,
      echo: true,
      logprobs: 1,
    });
    const offsets = (await allOf(stream)).flatMap(({ choices }) => choices[0]?.logprobs?.text_offset ?? []);
    expect(offsets).toEqual([0, 4, 9]);
  });

  it('return the probabilities of an echoed prompt too, in the order of the prompts, and read it without a template', async () => {
    const reply = await create({ prompt: ['a b', 'c'], echo: true, logprobs: 1, n: 2 });
    expect(reply.choices.map(({ index, text }) => [index, text])).toEqual([
      [0, 'a bHello world'],
      [1, 'a bHello world'],
      [2, 'cHello world'],
      [3, 'cHello world'],
    ]);
    expect(reply.choices[1]?.logprobs).toEqual({
      tokens: ['a ', 'b', 'Hello', ' world'],
      token_logprobs: [null, -1, -0.5, -0.5],
      top_logprobs: [null, { b: -1 }, { Hello: -0.5 }, { ' world': -0.5 }],
      text_offset: [0, 2, 3, 8],
    });
    // The prompts are computed at the same time.
    expect(['a b', 'c']).toContain(await api.lastPrompt());
    expect(api.server.runner.requests.at(-1)).toMatchObject({ promptLogprobs: 1, topLogprobs: 1 });
  });

  it('pass tokens on as they are', async () => {
    await api.server.runner.tokenize('Once upon a time', { addSpecial: false, parseSpecial: false });
    const reply = await create({ prompt: [[11, 10], [12]], echo: true, logprobs: 0 });
    expect(api.server.runner.requests.map(({ prompt }) => prompt).sort()).toEqual([[11, 10], [12]]);
    expect(reply.choices[0]?.logprobs).toMatchObject({ token_logprobs: [null, -1, -0.5, -0.5] });
  });

  it('are streamed, with the usage on request', async () => {
    const stream = await api.client.completions.create({
      model: 'm',
      prompt: 'Once',
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await allOf(stream);
    expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe('Hello world');
    expect(chunks.filter(({ choices }) => choices[0]?.finish_reason === 'stop')).toHaveLength(1);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 2 } });
  });

  it.each<[string, object]>([
    ['best_of', { best_of: 3 }],
    ['prompt', { prompt: { a: 1 } }],
    ['suffix', { suffix: 'end' }],
    ['echo', { suffix: 'end', echo: true, logprobs: 1 }],
    ['tokens', { suffix: 'end', prompt: [10] }],
  ])('refuse %s and name it', async (field, fields) => {
    // For a model without the capability, the error names the capability instead of the suffix.
    const named = field === 'suffix' ? 'insert' : field;
    await expect(create(fields)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(named),
    });
  });
});

describe('embeddings', () => {
  const addEmbedder = async () => {
    await api.close();
    const embedding = { pooling: 'mean', length: 2, maxInputTokens: 512, canSplit: false } as const;
    api = await startOpenAiServer({ runner: new ScriptRunner({ pieces: [] }, { embedding }) });
    await api.server.addModel('e', { metadata: { 'llama.pooling_type': { type: 'u32', value: 1 } } });
  };
  const create = (fields: object) => api.client.embeddings.create({ model: 'e', input: 'a', ...fields });

  it('are the same in both encodings', async () => {
    await addEmbedder();
    const floats = await create({ input: ['a', 'b c'], encoding_format: 'float' });
    expect(floats.data.map(({ index, embedding }) => [index, embedding.length])).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expect(floats.data[0]?.embedding[0]).toBeCloseTo(0.6);
    expect(floats.usage.prompt_tokens).toBeGreaterThan(0);
    // Without encoding_format, the client asks for base64 and decodes it.
    const decoded = await create({ input: ['a', 'b c'] });
    expect(decoded.data[0]?.embedding[1]).toBeCloseTo(0.8);
  });

  it('accept tokens', async () => {
    await addEmbedder();
    const tokens = await api.server.runner.tokenize('a b', { addSpecial: false, parseSpecial: false });
    expect((await create({ input: tokens })).data).toHaveLength(1);
    expect((await create({ input: [tokens, tokens] })).data).toHaveLength(2);
  });

  it('are refused with a reason', async () => {
    await addEmbedder();
    await expect(create({ input: [] })).rejects.toMatchObject({ status: 400 });
    await expect(create({ encoding_format: 'hex' })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('encoding_format'),
    });
    await expect(create({ model: 'm' })).rejects.toMatchObject({ status: 400 });
  });
});

describe('models', () => {
  it('are listed and found, also by a name with slashes', async () => {
    await api.server.addModel('team/other:v2');
    const listed = await allOf(api.client.models.list());
    expect(listed.map(({ id, owned_by }) => [id, owned_by]).sort()).toEqual([
      ['m:latest', 'library'],
      ['team/other:v2', 'team'],
    ]);
    expect(await api.client.models.retrieve('m')).toMatchObject({ id: 'm:latest', object: 'model' });
    expect(await api.client.models.retrieve('team/other:v2')).toMatchObject({ id: 'team/other:v2' });
    await expect(api.client.models.retrieve('none')).rejects.toMatchObject({ status: 404 });
  });
});

describe('errors under /v1', () => {
  const inForm = { error: { message: expect.any(String), type: expect.any(String), param: null } };
  const send = (path: string, init: RequestInit = {}) => fetch(api.url + path, init);

  it.each<[string, number, string, RequestInit]>([
    ['an unknown path', 404, '/v1/nothing', {}],
    ['a wrong method', 405, '/v1/chat/completions', { method: 'GET' }],
    ['no body', 400, '/v1/chat/completions', { method: 'POST' }],
    ['bad JSON', 400, '/v1/embeddings', { method: 'POST', body: '{' }],
    ['deep nesting', 400, '/v1/responses', { method: 'POST', body: '['.repeat(1000) + ']'.repeat(1000) }],
    ['a foreign origin', 403, '/v1/models', { headers: { Origin: 'http://evil.example' } }],
  ])('have the format of OpenAI for %s', async (_, status, path, init) => {
    const response = await send(path, init);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject(inForm);
  });

  it('have that format for a foreign host name', async () => {
    const { status, text } = await withHost('evil.example');
    expect(status).toBe(403);
    expect(JSON.parse(text)).toMatchObject(inForm);
  });

  it('have that format for a body that is too large', async () => {
    const body = `{"model":"${'x'.repeat(65 * 1024 * 1024)}"}`;
    const response = await api.server.post('/v1/chat/completions', body, {
      'Content-Length': String(body.length),
    });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject(inForm);
  });

  it('name the field', async () => {
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }], top_p: 'high' });
    const response = await send('/v1/chat/completions', { method: 'POST', body });
    expect(await response.json()).toMatchObject({ error: { param: 'top_p', type: 'invalid_request_error' } });
  });

  function withHost(host: string): Promise<{ status: number | undefined; text: string }> {
    return new Promise((resolve, reject) => {
      const sent = request(`${api.url}/v1/models`, { headers: { Host: host } }, async (response) => {
        const parts = (await allOf(response)) as Buffer[];
        resolve({ status: response.statusCode, text: Buffer.concat(parts).toString() });
      });
      sent.on('error', reject);
      sent.end();
    });
  }
});
