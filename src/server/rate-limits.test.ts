/** Limits of API keys over HTTP, with the official clients of both other dialects. */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { limitedKeys } from '../../test/fakes/access/limited-keys.ts';
import { FakeClock } from '../../test/fakes/fake-clock.ts';
import { GatedRunner, ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { clientOptions } from '../../test/fakes/servers/client-server.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import type { KeyLimits } from '../access/caller-key.ts';
import { RunLimits } from '../access/limits/run-limits.ts';
import { systemClock } from '../base/clock.ts';

let server: ScriptServer;
let clock: FakeClock;

afterEach(() => server.close());

/** Starts a server with the keys "a" and "b", which have the same limits. Its clock stands still. */
async function start(limits: KeyLimits, runner = new ScriptRunner()): Promise<void> {
  clock = new FakeClock();
  const keys = await limitedKeys({ a: { limits }, b: { limits } });
  server = await startScriptServer({ runner, keys, limits: new RunLimits(clock), maxQueue: 1000 });
  await server.addModel('m', { create: { template: '{{ .Prompt }}' } });
}

const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(' ');
const generate = (fields: object = {}, key = 'a') =>
  server.post('/api/generate', { model: 'm', prompt: 'x', stream: false, ...fields }, bearer(key));
const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
const limitHeaders = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => /ratelimit|retry/.test(name)));
const openAi = () => new OpenAI({ ...clientOptions(server, '/v1'), apiKey: 'a' });
const anthropic = () => new Anthropic({ ...clientOptions(server), apiKey: 'a' });
const messages = [{ role: 'user' as const, content: 'hi' }];

describe('a request above a limit', () => {
  it('is refused in the native dialect, with headers that say when to come back', async () => {
    await start({ requestsPerMinute: 2, tokensPerMinute: 1000 });
    const first = await generate({ options: { num_predict: 99 } });
    expect(first.status).toBe(200);
    expect(limitHeaders(first)).toEqual({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': '1m0.5s',
      'x-ratelimit-limit-tokens': '1000',
      // One of the prompt, two of the answer.
      'x-ratelimit-remaining-tokens': '997',
      'x-ratelimit-reset-tokens': '1m0.5s',
    });
    await generate();
    const refused = await generate();
    expect(refused.status).toBe(429);
    expect(await refused.json()).toEqual({
      error: 'the API key "a" may use 2 requests per minute: try again in 61 s',
    });
    expect(limitHeaders(refused)).toMatchObject({
      'retry-after': '61',
      'retry-after-ms': '60500',
      'x-ratelimit-remaining-requests': '0',
    });
    expect((await generate({}, 'b')).status).toBe(200);
    clock.advance(60_499);
    expect((await generate()).status).toBe(429);
    clock.advance(1);
    expect((await generate()).status).toBe(200);
  });

  it('is none where somebody keeps requests for a batch, or looks at one', async () => {
    await start({ requestsPerMinute: 1 });
    const form = new FormData();
    form.append('purpose', 'batch');
    form.append('file', new Blob(['{}']), 'in.jsonl');
    for (let round = 0; round < 2; round++) {
      const upload = { method: 'POST', body: form, headers: bearer('a') };
      expect((await server.app.request('/v1/files', upload)).status).toBe(200);
      expect((await server.app.request('/v1/batches', { headers: bearer('a') })).status).toBe(200);
    }
    expect((await generate()).status).toBe(200);
    expect((await generate()).status).toBe(429);
  });

  it('is refused where a health check runs a model, and counts there', async () => {
    await start({ requestsPerMinute: 2 });
    const ask = (path: string) => server.app.request(path, { headers: bearer('a') });
    const first = await ask('/health?model=m');
    expect([first.status, first.headers.get('x-ratelimit-remaining-requests')]).toEqual([200, '1']);
    for (const path of ['/health', '/health?live&model=m']) {
      const free = await ask(path);
      expect([free.status, limitHeaders(free)], path).toEqual([200, {}]);
    }
    expect((await ask('/health?model=m')).status).toBe(200);
    const refused = await ask('/health?model=m');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '61']);
    expect((await generate()).status).toBe(429);
    expect((await ask('/health')).status).toBe(200);
  });

  it('is no fault of the server where a health check has too few tokens left', async () => {
    await start({ tokensPerMinute: 1 });
    expect((await server.app.request('/health?model=m', { headers: bearer('a') })).status).toBe(429);
  });

  it('raises the error of the official OpenAI client', async () => {
    await start({ requestsPerMinute: 1 });
    const ask = () => openAi().chat.completions.create({ model: 'm', messages });
    const { response } = await ask().withResponse();
    expect(response.headers.get('x-ratelimit-reset-requests')).toBe('1m0.5s');
    const error: unknown = await ask().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'rate_limit_error' });
  });

  it('raises the error of the official Anthropic client, and has its headers', async () => {
    await start({ requestsPerDay: 1, tokensPerDay: 10_000 });
    clock.setDate(Date.UTC(2026, 4, 31, 12));
    const ask = () => anthropic().messages.create({ model: 'm', max_tokens: 10, messages });
    const { response } = await ask().withResponse();
    expect(limitHeaders(response)).toEqual({
      'anthropic-ratelimit-requests-limit': '1',
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      'anthropic-ratelimit-tokens-limit': '10000',
      'anthropic-ratelimit-tokens-remaining': '9997',
      'anthropic-ratelimit-tokens-reset': expect.any(String),
    });
    const error: unknown = await ask().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Anthropic.RateLimitError);
    expect(error).toMatchObject({
      status: 429,
      error: { type: 'error', error: { type: 'rate_limit_error' } },
    });
    expect((error as InstanceType<typeof Anthropic.RateLimitError>).headers.get('retry-after')).toBe('43200');
  });

  it('succeeds when the official clients come back as they are told', async () => {
    // A step of half a second is the least that they wait for; the rest of the minute passes meanwhile.
    for (const ask of [
      () => new OpenAI({ ...clientOptions(server, '/v1'), apiKey: 'a', maxRetries: 1 }).models.list(),
      () =>
        new OpenAI({ ...clientOptions(server, '/v1'), apiKey: 'a', maxRetries: 1 }).chat.completions.create({
          model: 'm',
          messages,
        }),
      () =>
        new Anthropic({ ...clientOptions(server), apiKey: 'a', maxRetries: 1 }).messages.create({
          model: 'm',
          max_tokens: 10,
          messages,
        }),
    ]) {
      await start({ requestsPerMinute: 1 });
      await generate();
      clock.advance(60_400);
      let wasRefused = 0;
      const { request } = server.app;
      server.app.request = async (...input) => {
        const reply = await request(...input);
        if (reply.status === 429) {
          wasRefused += 1;
          expect(reply.headers.get('retry-after-ms')).toBe('100');
          clock.advance(100);
        }
        return reply;
      };
      await ask();
      expect(wasRefused).toBeLessThanOrEqual(1);
      await server.close();
    }
    await start({});
  });

  it('is none if it only reads: lists and the version are free', async () => {
    await start({ requestsPerMinute: 1 });
    for (const path of ['/api/tags', '/api/ps', '/v1/models', '/api/version', '/api/tags']) {
      const reply = await server.app.request(path, { headers: bearer('a') });
      expect([reply.status, limitHeaders(reply)]).toEqual([200, {}]);
    }
    expect((await generate()).status).toBe(200);
  });

  it('is not counted, and neither is one without a key', async () => {
    await start({ requestsPerMinute: 1 });
    for (let count = 0; count < 3; count++) {
      expect((await server.post('/api/generate', { model: 'm', prompt: 'x' })).status).toBe(401);
    }
    await generate();
    for (let count = 0; count < 3; count++) expect((await generate()).status).toBe(429);
    clock.advance(60_500);
    expect((await generate()).status).toBe(200);
  });
});

describe('a limit of tokens', () => {
  const said = (reply: Response) => reply.headers.get('X-Ollama-Max-Tokens');
  const asked = () => server.runner.requests.at(-1)?.maxTokens;

  it('cuts an answer only as far as the request is told', async () => {
    await start({ tokensPerMinute: 1000 });
    const long = await generate({ options: { num_predict: 5000 } });
    expect([long.status, said(long), asked()]).toEqual([200, '999', 999]);
    const open = await generate();
    // Half of the 996 that are left behind the prompt.
    expect([open.status, said(open), asked()]).toEqual([200, '498', 498]);
    const short = await generate({ options: { num_predict: 200 } });
    expect([short.status, said(short), asked()]).toEqual([200, null, 200]);
  });

  it('tells the clients of streams and of the other dialects, too', async () => {
    await start({ tokensPerMinute: 100 });
    const streamed = await generate({ stream: true, options: { num_predict: 5000 } });
    expect(said(streamed)).toBe('99');
    await streamed.text();
    const body = { model: 'm', max_tokens: 5000, messages };
    expect(said(await server.post('/v1/chat/completions', body, bearer('a')))).toBe('96');
    expect(said(await server.post('/v1/messages', body, bearer('a')))).toBe('93');
  });

  it('refuses a prompt that never fits without telling the client to come back', async () => {
    await start({ tokensPerMinute: 100 });
    const refused = await generate({ prompt: words(300) });
    expect(refused.status).toBe(429);
    expect(limitHeaders(refused)).toMatchObject({ 'x-should-retry': 'false' });
    expect(refused.headers.get('Retry-After')).toBeNull();
    expect(server.runner.requests).toHaveLength(0);
    // Nothing of it was counted.
    expect((await generate({ options: { num_predict: 99 } })).status).toBe(200);
  });

  it('counts the inputs of embeddings, and computes none that it refuses', async () => {
    const facts = { pooling: 'mean', length: 2, maxInputTokens: 512, canSplit: false } as const;
    const runner = new ScriptRunner({ pieces: [] }, { embedding: facts });
    await start({ tokensPerMinute: 1000 }, runner);
    await server.addModel('e', { metadata: { 'llama.pooling_type': { type: 'u32', value: 1 } } });
    const embed = (path: string, body: object) => server.post(path, { model: 'e', ...body }, bearer('a'));
    const left = (reply: Response) => reply.headers.get('x-ratelimit-remaining-tokens');
    expect(left(await embed('/api/embed', { input: [words(10), words(20)] }))).toBe('970');
    expect(left(await embed('/api/embeddings', { prompt: words(10) }))).toBe('960');
    expect(left(await embed('/v1/embeddings', { input: words(10) }))).toBe('950');
    const many = await embed('/api/embed', { input: Array.from({ length: 200 }, () => words(10)) });
    expect(many.status).toBe(429);
    expect(runner.embedded).toHaveLength(4);
    // Letters are guessed to be fewer tokens than these texts have: what was guessed too low is found out in time.
    const dense = await embed('/api/embed', { input: Array.from({ length: 200 }, () => 'a b c d e f g') });
    expect([dense.status, left(dense)]).toEqual([429, '54']);
    expect(runner.embedded).toHaveLength(4 + 128);
  });

  it('counts the inputs of the tokenizer', async () => {
    await start({ tokensPerMinute: 100 });
    const left = async (path: string, body: object) =>
      (await server.post(path, { model: 'm', ...body }, bearer('a'))).headers.get(
        'x-ratelimit-remaining-tokens',
      );
    expect(await left('/api/tokenize', { content: words(10) })).toBe('90');
    expect(await left('/api/detokenize', { tokens: [10, 11] })).toBe('88');
    const long = await server.post('/api/tokenize', { model: 'm', content: words(300) }, bearer('a'));
    expect([long.status, long.headers.get('x-ratelimit-remaining-tokens')]).toEqual([429, '88']);
  });

  it('gives back what a canceled or failed run did not use', async () => {
    await start({ tokensPerMinute: 1000 });
    server.runner.script = { pieces: ['a ', 'b '], failure: new Error('crash') };
    expect((await generate({ options: { num_predict: 900 } })).status).toBe(500);
    server.runner.script = { pieces: ['a '] };
    const next = await generate({ options: { num_predict: 900 } });
    expect([next.status, said(next)]).toEqual([200, null]);
  });
});

describe('64 clients of one key', () => {
  const all = <Value>(count: number, ask: () => Promise<Value>) =>
    Promise.all(Array.from({ length: count }, ask));

  it('are served as often as its limit allows, and not once more', async () => {
    await start({ requestsPerMinute: 200 });
    const statuses = (await all(64, () => all(5, () => generate()))).flat().map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(200);
    expect(statuses.filter((status) => status === 429)).toHaveLength(120);
    expect(server.runner.requests).toHaveLength(200);
  });

  it('use as many tokens as its limit allows, and not one more', async () => {
    await start({ tokensPerMinute: 3000 });
    server.runner.script = { pieces: Array.from({ length: 10 }, () => 'x ') };
    // Ten of the prompt, and ten of the answer.
    const ask = () => generate({ prompt: words(10), options: { num_predict: 10 } });
    const statuses = (await all(64, () => all(4, ask))).flat().map(({ status }) => status);
    const served = statuses.filter((status) => status === 200).length;
    expect(served * 20).toBeLessThanOrEqual(3000);
    expect(served * 20).toBeGreaterThanOrEqual(0.95 * 3000);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(server.runner.requests).toHaveLength(served);
  });

  it('wait for one another where only so many may run, and none is refused', async () => {
    await start({ concurrent: 3 });
    let [running, most] = [0, 0];
    const { complete } = server.runner;
    server.runner.complete = async function* (...run) {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      yield* complete.apply(this, run);
      running -= 1;
    };
    const replies = await all(64, () => generate());
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect(most).toBeLessThanOrEqual(3);
  });
});

describe('a key', () => {
  it('with fifty requests does not delay the one request of another key', async () => {
    const runner = new GatedRunner();
    const keys = await limitedKeys({ many: {}, one: {} });
    server = await startScriptServer({ runner, keys, limits: new RunLimits(systemClock) });
    await server.addModel('m', { create: { template: '{{ .Prompt }}' } });
    const many = Array.from({ length: 50 }, (_, index) => generate({ prompt: `many${index}` }, 'many'));
    await expect.poll(() => server.scheduler.waiting().length).toBe(49);
    const one = generate({ prompt: 'one' }, 'one');
    await expect.poll(() => server.scheduler.waiting().length).toBe(50);
    runner.open();
    await Promise.all([...many, one]);
    const texts = await Promise.all(runner.requests.map(({ prompt }) => runner.detokenize(prompt)));
    expect(texts.indexOf('one')).toBeLessThanOrEqual(1);
  });

  it('bounds the priority of its requests', async () => {
    const runner = new GatedRunner();
    const keys = await limitedKeys({ low: { maxPriority: -1 }, plain: {}, high: { maxPriority: 5 } });
    server = await startScriptServer({ runner, keys });
    await server.addModel('m', { create: { template: '{{ .Prompt }}' } });
    const ask = (key: string) =>
      server.post(
        '/api/generate',
        { model: 'm', prompt: key, stream: false },
        { ...bearer(key), 'X-Priority': '10' },
      );
    const answers = [ask('plain')];
    await expect.poll(() => server.scheduler.running()[0]?.activeRequests).toBe(1);
    for (const key of ['low', 'plain', 'high']) answers.push(ask(key));
    await expect.poll(() => server.scheduler.waiting().map(({ priority }) => priority)).toEqual([5, 0, -1]);
    runner.open();
    await Promise.all(answers);
  });
});
