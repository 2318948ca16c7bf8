/** What vllm-router and smg ask a server, and what they make of requests on their way to it. */
import { afterEach, describe, expect, it } from 'vitest';
import { limitedKeys } from '../../test/fakes/access/limited-keys.ts';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import { configuredRecords } from '../access/configured-records.ts';
import { blockHash, firstParent } from '../blocks/block-hash.ts';
import { saltHash } from '../protocol/salt-hash.ts';

let server: ScriptServer;

afterEach(() => server.close());

const loaded = () => sent('/tokenize', { prompt: 'x' });
const start = async (options: Parameters<typeof startScriptServer>[0] = {}) => {
  server = await startScriptServer(options);
  await server.addModel('m', { create: { template: '{{ range .Messages }}{{ .Content }} {{ end }}' } });
};
const sent = async (path: string, body: object, headers: Record<string, string> = {}) => {
  const reply = await server.post(path, { model: 'm', ...body }, headers);
  return {
    status: reply.status,
    ignored: reply.headers.get('X-Ollama-Ignored'),
    body: JSON.parse(await reply.text()),
  };
};
const get = async (path: string) => {
  const reply = await server.app.request(path);
  return { status: reply.status, body: JSON.parse(await reply.text()) };
};

/** What vllm-router 0.1.17 makes of a chat request, apart from its messages. */
const routed = {
  n: 1,
  stream: false,
  logprobs: false,
  response_format: { type: 'json_object' },
  min_p: 0.1,
  no_stop_trim: false,
  ignore_eos: false,
  continue_final_message: false,
  skip_special_tokens: true,
  separate_reasoning: true,
  stream_reasoning: true,
  return_hidden_states: false,
  include_reasoning: true,
};
const calls = [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }];
const messages = [
  { role: 'user', content: 'one two' },
  { role: 'assistant', content: 'three', reasoning: 'a thought', tool_calls: calls },
  { role: 'tool', content: '42', tool_call_id: 'c1' },
  { role: 'user', content: 'four' },
];

describe('a chat that came through vllm-router', () => {
  it('keeps the thinking under its new name, and the tool of a result, which the router drops', async () => {
    server = await startScriptServer();
    const template =
      '{{ range .Messages }}{{ .Role }}[{{ .Thinking }}|{{ .ToolName }}|{{ .Content }}] {{ end }}';
    await server.addModel('m', { create: { template } });
    const { body } = await sent('/v1/chat/completions', { messages, _debug_render_only: true });
    const { rendered_template: text } = body._debug_info;
    expect(text).toContain('assistant[a thought||three]');
    expect(text).toContain('tool[|look|42]');
  });

  it('has no effect without saying so only in what the router was given', async () => {
    await start({ runner: new ScriptRunner({ pieces: ['{}'] }) });
    const { status, ignored, body } = await sent('/v1/chat/completions', { messages, ...routed });
    expect([status, ignored]).toEqual([200, 'min_p']);
    expect(body.choices[0].message.content).toBe('{}');
    const asked = { messages, ...routed, ignore_eos: true, include_reasoning: false };
    const odd = await sent('/v1/chat/completions', asked);
    expect(odd.ignored?.split(', ').sort()).toEqual(['ignore_eos', 'include_reasoning', 'min_p']);
  });

  it('answers whatever rank and session its headers name', async () => {
    await start();
    const headers = { 'X-Data-Parallel-Rank': '3', 'X-Session-Id': 's', 'X-SMG-Routing-Key': 'k' };
    const body = { messages, data_parallel_rank: 3, kv_transfer_params: { do_remote_decode: false } };
    const { status, ignored } = await sent('/v1/chat/completions', body, headers);
    expect([status, ignored]).toEqual([200, 'data_parallel_rank, kv_transfer_params']);
  });
});

describe('/render', () => {
  it('returns the tokens that the model is given for the same request', async () => {
    await start();
    await loaded();
    for (const [path, prefix] of [
      ['/v1/chat/completions', 'chatcmpl-'],
      ['/v1/messages', 'chatcmpl-'],
    ] as const) {
      const asked = { messages: [{ role: 'user', content: 'one two' }], max_tokens: 7 };
      const { body } = await sent(`${path}/render`, asked, { 'X-Request-Id': 'id-1' });
      expect(server.runner.requests).toHaveLength(0);
      await sent(path, asked);
      expect(body.token_ids).toEqual(server.runner.requests.pop()?.prompt);
      expect(body).toMatchObject({ request_id: `${prefix}id-1`, model: 'm', stream: false });
      expect(body.sampling_params.max_tokens).toBe(7);
      expect(body).not.toHaveProperty('cache_salt');
    }
  });

  it('returns one list of tokens for each prompt of a completion', async () => {
    await start();
    await loaded();
    const { body } = await sent('/v1/completions/render', { prompt: ['one two', 'three'] });
    for (const prompt of ['one two', 'three']) await sent('/v1/completions', { prompt });
    expect(new Set(body.map(({ request_id }: { request_id: string }) => request_id)).size).toBe(2);
    const prompts = server.runner.requests.map(({ prompt }) => prompt);
    expect(body.map(({ token_ids }: { token_ids: number[] }) => token_ids)).toEqual(prompts);
  });

  it('returns the tokens of a response, with what it goes on from, and counts them', async () => {
    await start();
    await loaded();
    const first = await sent('/v1/responses', { input: 'one two' });
    const asked = { input: 'three', previous_response_id: first.body.id, max_output_tokens: 7 };
    const { body } = await sent('/v1/responses/render', asked, { 'X-Request-Id': 'id-1' });
    expect(body).toMatchObject({ request_id: 'resp_id-1', sampling_params: { max_tokens: 7 } });
    const counted = await sent('/v1/responses/input_tokens', asked);
    expect(counted.body).toEqual({ object: 'response.input_tokens', input_tokens: body.token_ids.length });
    await sent('/v1/responses', asked);
    expect(body.token_ids).toEqual(server.runner.requests.at(-1)?.prompt);
    const unknown = await sent('/v1/responses/render', { ...asked, previous_response_id: 'resp_none' });
    expect(unknown.status).toBe(404);
  });

  it('says whether the request streams, and what it penalizes', async () => {
    await start();
    await loaded();
    const asked = { messages, stream: true, frequency_penalty: 0.5, presence_penalty: 0.25 };
    const { body } = await sent('/v1/chat/completions/render', asked);
    expect(body).toMatchObject({
      stream: true,
      sampling_params: { frequency_penalty: 0.5, presence_penalty: 0.25 },
    });
  });

  it('names the salt by which blocks of a key differ, and no salt by which a key could be known', async () => {
    await start({ keys: await limitedKeys({ a: {}, b: {} }) });
    await sent('/tokenize', { prompt: 'x' }, { Authorization: 'Bearer a' });
    const saltOf = async (key: string, more = {}) => {
      const asked = { messages: [{ role: 'user', content: 'x' }], ...more };
      const { body } = await sent('/v1/chat/completions/render', asked, { Authorization: `Bearer ${key}` });
      return body.cache_salt as string;
    };
    const salts = [await saltOf('a'), await saltOf('b'), await saltOf('a', { cache_salt: 's' })];
    expect(new Set(salts).size).toBe(3);
    for (const salt of salts) expect(salt).toMatch(/^[0-9a-f]{64}$/);
    expect(await saltOf('a')).toBe(salts[0]);
  });

  it('is the same for a key of the config file on every server, so that its prompts have the same blocks', async () => {
    const hashes: string[] = [];
    for (const others of [[], ['first', 'second']]) {
      const named = [...others, 'anna'].map((name) => ({ name, hash: 'ab'.repeat(32), grants: {} }));
      const { records } = configuredRecords(named, []);
      const [salt = ''] = [records.at(-1)?.id].map((id) => saltHash(JSON.stringify([id, null])));
      hashes.push(blockHash(firstParent('s'), [1, 2, 3, 4], salt).toString('hex'));
    }
    expect(hashes[0]).toBe(hashes[1]);
  });

  it('and /tokenize do not wait for a slot', async () => {
    const runner = new ScriptRunner(
      { pieces: Array.from({ length: 1000 }, () => 'x '), delayMs: 50 },
      { slots: 1 },
    );
    await start({ runner });
    const running = await server.post('/api/generate', { model: 'm', prompt: 'long' });
    const { status } = await sent('/v1/chat/completions/render', { messages });
    const tokenized = await sent('/tokenize', { prompt: 'one two' });
    expect([status, tokenized.status]).toEqual([200, 200]);
    expect(server.scheduler.running()).toMatchObject([{ activeRequests: 1 }]);
    await running.body?.cancel();
  });

  it('does not load a model, because routers would not wait for it', async () => {
    await start();
    const { status, body } = await sent('/v1/chat/completions/render', { messages });
    expect([status, body.error.message]).toEqual([409, expect.stringContaining('"m:latest" is not loaded')]);
    expect(server.loads).toEqual([]);
    expect((await sent('/tokenize', { messages })).status).toBe(200);
    expect((await sent('/v1/chat/completions/render', { messages })).status).toBe(200);
  });

  it('refuses what the request itself would be refused for', async () => {
    await start();
    expect((await sent('/v1/chat/completions/render', { messages: [] })).status).toBe(400);
    expect((await sent('/v1/chat/completions/render', { model: 'no', messages })).status).toBe(404);
    expect((await sent('/v1/messages/render', { messages })).status).toBe(400);
  });
});

describe('/tokenize', () => {
  it("has vLLM's form, for a text and for a chat", async () => {
    await start({ runner: new ScriptRunner({ pieces: ['x'] }, { addsBos: true }) });
    const whole = await sent('/tokenize', { prompt: 'one two' });
    const { tokens, max_model_len } = whole.body;
    expect(whole.body).toEqual({ count: tokens.length, max_model_len, tokens });
    expect(max_model_len).toBe(server.runner.facts.contextLength);
    const bare = await sent('/tokenize', { prompt: 'one two', add_special_tokens: false });
    expect(tokens).toEqual([1, ...bare.body.tokens]);
    const chat = await sent('/tokenize', { messages: [{ role: 'user', content: 'one two' }] });
    await sent('/v1/chat/completions', { messages: [{ role: 'user', content: 'one two' }] });
    expect(chat.body.tokens).toEqual(server.runner.requests.at(-1)?.prompt);
    expect(chat.body.max_model_len).toBe(max_model_len);
  });

  it('returns the texts of tokens when asked, and /detokenize their text', async () => {
    await start();
    const { body } = await sent('/tokenize', {
      prompt: 'one two',
      add_special_tokens: false,
      return_token_strs: true,
    });
    expect(body.token_strs.join('')).toBe('one two');
    const back = await sent('/detokenize', { tokens: body.tokens });
    expect(back.body).toEqual({ prompt: 'one two', text: 'one two' });
  });

  it("takes lists of texts and of tokens, and answers in SGLang's form", async () => {
    await start();
    const asked = { prompt: ['one two', 'three'], add_special_tokens: false, return_token_strs: true };
    const { body } = await sent('/tokenize', asked);
    expect(body).toMatchObject({ count: [2, 1], token_strs: [['one ', 'two'], ['three']] });
    expect((await sent('/detokenize', { tokens: body.tokens })).body.text).toEqual(asked.prompt);
    for (const lists of [body.tokens.slice(0, 1), [[]]])
      expect((await sent('/detokenize', { tokens: lists })).body.text).toHaveLength(1);
    expect((await sent('/detokenize', { tokens: [] })).body.text).toBe('');
    expect((await sent('/tokenize', { prompt: [] })).body.tokens).toEqual([]);
  });

  it('refuses lists that are too many, and what is neither texts nor tokens', async () => {
    await start();
    const many = Array.from({ length: 65 }, () => 'x');
    expect((await sent('/tokenize', { prompt: many })).status).toBe(400);
    expect((await sent('/tokenize', { prompt: ['x', 5] })).status).toBe(400);
    for (const tokens of [many.map(() => [10]), [[10], 11], [10, [11]], [-1], [1.5], ['x'], 'x', {}]) {
      const { status, body } = await sent('/detokenize', { tokens });
      expect([status, body.error]).toEqual([400, expect.stringContaining('tokens')]);
    }
  });

  it('shows the tokens of a chat as texts too, whose order is that of the prompt', async () => {
    await start();
    const asked = { messages: [{ role: 'user', content: 'one two' }], return_token_strs: true };
    const { body } = await sent('/tokenize', asked);
    expect(body.token_strs).toHaveLength(body.tokens.length);
    expect(body.token_strs.join('')).toBe('one two ');
  });

  it('means the only model that could be meant if it names none, and says so if there are more', async () => {
    await start();
    const unnamed = { model: undefined, prompt: 'one two' };
    await server.addModel('other');
    const { status, body } = await sent('/tokenize', unnamed);
    expect([status, body.error]).toEqual([400, expect.stringContaining('"model" is required')]);
    const named = await sent('/tokenize', { prompt: 'one two' });
    expect((await sent('/tokenize', unnamed)).body).toEqual(named.body);
    const { tokens } = named.body;
    expect((await sent('/detokenize', { model: undefined, tokens })).body.prompt).toBe('one two');
  });

  it('refuses a message that goes on and yet begins an answer, as vLLM does', async () => {
    await start();
    const asked = {
      messages: [...messages, { role: 'assistant', content: 'I am' }],
      continue_final_message: true,
    };
    const both = await sent('/tokenize', { ...asked, add_generation_prompt: true });
    expect([both.status, both.body.error]).toEqual([
      400,
      expect.stringContaining('"add_generation_prompt" cannot both be true'),
    ]);
    const one = await sent('/tokenize', { ...asked, add_generation_prompt: false });
    expect([one.status, one.ignored]).toEqual([200, null]);
  });

  it('needs a text or a chat', async () => {
    await start();
    const { status, body } = await sent('/tokenize', {});
    expect([status, body.error]).toEqual([400, 'prompt or messages is required']);
  });
});

describe('what a router asks before it uses a server', () => {
  it('is answered at all paths of vLLM and SGLang', async () => {
    await start();
    const { body: server0 } = await get('/server_info');
    expect(server0).toMatchObject({
      version: expect.any(String),
      served_model_name: 'm:latest',
      block_size: 16,
    });
    expect(server0).toMatchObject({ max_running_requests: 0, dp_size: 1, is_embedding: false });
    expect((await get('/get_server_info')).body).toEqual(server0);
    const { body: model } = await get('/model_info');
    expect(model).toMatchObject({
      model_path: 'm:latest',
      is_generation: true,
      has_image_understanding: false,
    });
    expect((await get('/get_model_info')).body).toEqual(model);
    expect((await get('/version')).body).toEqual((await get('/api/version')).body);
    for (const path of ['/v1/health', '/ping']) expect((await get(path)).body.status).toBe('ok');
    const posted = await server.app.request('/ping', { method: 'POST' });
    expect(posted.status).toBe(200);
  });

  it('means the only loaded model, or the one that the query names, and no other', async () => {
    await start();
    await server.addModel('other');
    expect((await get('/model_info')).body.model_path).toBe(null);
    await sent('/v1/chat/completions', { messages });
    expect((await get('/model_info')).body.model_path).toBe('m:latest');
    expect((await get('/server_info')).body.max_running_requests).toBeGreaterThan(0);
    expect((await get('/model_info?model=other')).body.model_path).toBe('other:latest');
    expect((await get('/model_info?model=none')).status).toBe(404);
    expect((await get('/model_info?model=')).body.model_path).toBe('m:latest');
  });

  it('shows what runs and what waits as loads', async () => {
    const runner = new ScriptRunner(
      { pieces: Array.from({ length: 1000 }, () => 'x '), delayMs: 50 },
      { slots: 1 },
    );
    await start({ runner, counts: true });
    expect((await get('/v1/loads')).body.loads).toMatchObject([
      { num_running_reqs: 0, max_running_requests: 0 },
    ]);
    const running = await server.post('/api/generate', { model: 'm', prompt: 'long' });
    const expected = { dp_rank: 0, num_running_reqs: 1, num_total_reqs: 1, token_usage: 0 };
    expect((await get('/v1/loads?include=core')).body.loads).toMatchObject([expected]);
    expect((await get('/loads?model=m')).body.loads).toMatchObject([expected]);
    expect((await get('/loads?model=other')).body.loads).toMatchObject([{ num_running_reqs: 0 }]);
    await running.body?.cancel();
  });
});

describe('a server that drains', () => {
  it('says so at every path where health is asked for, before it refuses requests', async () => {
    await start();
    server.shutdown.announce();
    for (const path of ['/health', '/v1/health', '/ping']) expect((await get(path)).status).toBe(503);
    expect((await sent('/v1/chat/completions', { messages })).status).toBe(200);
  });
});
