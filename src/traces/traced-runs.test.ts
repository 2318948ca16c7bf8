/** Spans of runs as a collector receives them, from requests of all dialects. */
import * as published from '@opentelemetry/semantic-conventions/incubating';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { callPieces } from '../../test/fakes/servers/openai-server.ts';
import type { ReceivedSpan } from '../../test/fakes/servers/otlp-collector.ts';
import { startTracedServer, type TracedServer } from '../../test/fakes/servers/traced-server.ts';
import { OllamaError } from '../base/errors.ts';

let server: TracedServer;
beforeEach(async () => {
  server = await startTracedServer();
});
afterEach(() => server[Symbol.asyncDispose]());

const messages = [{ role: 'user', content: 'hi there' }];

/** Sends a request, reads its reply, and returns the one span of its run. */
async function spanOf(path: string, body: object, headers?: Record<string, string>): Promise<ReceivedSpan> {
  const before = server.collector.runs().length;
  await (await server.post(path, { model: 'm', ...body }, headers)).text();
  const runs = await server.collector.waitForRuns(before + 1);
  expect(runs).toHaveLength(before + 1);
  const span = runs.at(-1);
  if (!span) throw new Error('no span came');
  return span;
}

describe('a span', () => {
  it('tells of a chat what was asked and what came of it', async () => {
    const options = { temperature: 0.25, top_p: 0.5, top_k: 7, seed: 42, num_predict: 9, stop: ['END'] };
    const span = await spanOf('/api/chat', { messages, options, format: 'json' });
    expect(span).toMatchObject({
      name: 'chat m:latest',
      kind: 'server',
      isError: false,
      parentId: undefined,
    });
    expect(span.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'ollama',
      'gen_ai.request.model': 'm:latest',
      'gen_ai.response.model': 'm:latest',
      'gen_ai.request.stream': true,
      'gen_ai.request.temperature': 0.25,
      'gen_ai.request.top_p': 0.5,
      'gen_ai.request.top_k': 7,
      'gen_ai.request.seed': 42,
      'gen_ai.request.max_tokens': 9,
      'gen_ai.request.stop_sequences': ['END'],
      'gen_ai.output.type': 'json',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.output_tokens': 2,
      'gen_ai.usage.cache_read.input_tokens': 1,
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(server.api.url).port),
    });
    expect(span.attributes['gen_ai.usage.input_tokens']).toBeGreaterThan(0);
    expect(span.resource).toMatchObject({ 'service.name': 'ollama', 'service.version': '1.2.3' });
  });

  it.each([
    ['/api/chat', { messages, stream: false }, 'chat', false, undefined],
    ['/api/generate', { prompt: 'x' }, 'text_completion', true, undefined],
    ['/v1/chat/completions', { messages }, 'chat', false, /^chatcmpl-/],
    ['/v1/chat/completions', { messages, stream: true }, 'chat', true, /^chatcmpl-/],
    ['/v1/completions', { prompt: 'x' }, 'text_completion', false, /^cmpl-/],
    ['/v1/responses', { input: 'x' }, 'chat', false, /^resp_/],
    ['/v1/responses', { input: 'x', stream: true }, 'chat', true, /^resp_/],
    ['/v1/messages', { messages, max_tokens: 5 }, 'chat', false, /^msg_/],
    ['/v1/messages', { messages, max_tokens: 5, stream: true }, 'chat', true, /^msg_/],
  ])('is made of a request to %s %j', async (path, body, operation, isStream, id) => {
    const { name, attributes } = await spanOf(path, body);
    expect(name).toBe(`${operation} m:latest`);
    expect(attributes['gen_ai.request.stream']).toBe(isStream);
    expect('gen_ai.response.time_to_first_chunk' in attributes).toBe(isStream);
    if (id) expect(attributes['gen_ai.response.id']).toMatch(id);
    else expect(attributes).not.toHaveProperty('gen_ai.response.id');
  });

  it('is made of embeddings, without what only texts have', async () => {
    const facts = { pooling: 'mean', length: 2, maxInputTokens: 512, canSplit: false } as const;
    const runner = new ScriptRunner(undefined, { embedding: facts });
    const metadata = { 'llama.pooling_type': { type: 'u32', value: 1 } } as const;
    await using embedding = await startTracedServer({}, { runner });
    await embedding.api.server.addModel('e', { metadata });
    for (const path of ['/api/embed', '/api/embeddings', '/v1/embeddings']) {
      const input = path === '/api/embeddings' ? { prompt: 'one two' } : { input: ['one two'] };
      expect((await embedding.post(path, { model: 'e', ...input })).status).toBe(200);
    }
    for (const span of await embedding.collector.waitForRuns(3)) {
      expect(span).toMatchObject({ name: 'embeddings e:latest', isError: false });
      expect(span.attributes['gen_ai.usage.input_tokens']).toBe(2);
      expect(span.attributes).not.toHaveProperty('gen_ai.usage.output_tokens');
      expect(span.attributes).not.toHaveProperty('gen_ai.request.stream');
      expect(embedding.collector.childrenOf(span).map(({ name }) => name)).toContain('prefill');
    }
  });

  it('names the conversation of responses that follow each other', async () => {
    const respond = async (body: object): Promise<string> => {
      const reply = await server.post('/v1/responses', { model: 'm', ...body });
      const { id } = (await reply.json()) as { id: string };
      return id;
    };
    const first = await respond({ input: 'x' });
    const second = await respond({ input: 'y', previous_response_id: first });
    await respond({ input: 'z', previous_response_id: second });
    const runs = await server.collector.waitForRuns(3);
    expect(runs.map(({ attributes }) => attributes['gen_ai.conversation.id'])).toEqual([first, first, first]);
  });

  it('says that tools are called', async () => {
    server.api.say(callPieces('weather', { city: 'Rome' }));
    const tool = { type: 'function', function: { name: 'weather', parameters: { type: 'object' } } };
    const span = await spanOf('/v1/chat/completions', { messages, tools: [tool] });
    expect(span.attributes['gen_ai.response.finish_reasons']).toEqual(['tool_calls']);
  });

  it('is made for each of several answers, all in one trace', async () => {
    await (await server.post('/v1/chat/completions', { model: 'm', messages, n: 3 })).text();
    const runs = await server.collector.waitForRuns(3);
    expect(new Set(runs.map(({ traceId }) => traceId)).size).toBe(1);
    expect(new Set(runs.map(({ spanId }) => spanId)).size).toBe(3);
  });

  it('is not made of requests that run nothing', async () => {
    await fetch(`${server.api.url}/api/tags`);
    await server.post('/api/show', { model: 'm' });
    await server.post('/api/tokenize', { model: 'm', text: 'x' });
    await server.post('/v1/messages/count_tokens', { model: 'm', messages });
    await server.post('/api/chat', { model: 'm', messages: [], keep_alive: 0 });
    const span = await spanOf('/api/generate', { prompt: 'x' });
    expect(span.name).toBe('text_completion m:latest');
  });
});

describe('the span of a run that does not reach its end', () => {
  it('says what was at fault', async () => {
    server.api.say(['Hel'], { failure: new OllamaError('runner-failed', 'the runner crashed') });
    const span = await spanOf('/api/chat', { messages });
    expect(span).toMatchObject({ isError: true, message: 'the runner crashed' });
    expect(span.attributes).toMatchObject({ 'error.type': 'runner-failed' });
    expect(span.attributes).not.toHaveProperty('gen_ai.response.finish_reasons');
    expect(server.collector.childrenOf(span).map(({ name }) => name)).toContain('decode');
  });

  it('has a name even if the model does not exist', async () => {
    const span = await spanOf('/api/chat', { model: 'unknown', messages });
    expect(span).toMatchObject({ name: 'chat', isError: true });
    expect(span.attributes['error.type']).toBe('not-found');
  });

  it('says that the client left', async () => {
    server.api.say(Array(200).fill('word '), { delayMs: 20 });
    const leaving = new AbortController();
    const response = await fetch(`${server.api.url}/api/chat`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', messages }),
      signal: leaving.signal,
    });
    await response.body?.getReader().read();
    leaving.abort();
    const [span] = await server.collector.waitForRuns(1);
    expect(span).toMatchObject({ isError: true });
    expect(span?.attributes).toMatchObject({ 'error.type': 'canceled' });
    expect(span?.attributes['gen_ai.usage.output_tokens']).toBeGreaterThan(0);
    expect(span?.attributes['gen_ai.usage.output_tokens']).toBeLessThan(200);
  });
});

describe('names of attributes', () => {
  it('are those that OpenTelemetry publishes, without those that it has replaced', async () => {
    const names = new Set<unknown>(
      Object.entries(published).flatMap(([key, name]) => (key.startsWith('ATTR_') ? [name] : [])),
    );
    const replaced = [
      'gen_ai.system',
      'gen_ai.usage.prompt_tokens',
      'gen_ai.usage.completion_tokens',
      'gen_ai.prompt',
      'gen_ai.completion',
    ];
    for (const name of replaced) names.delete(name);
    await spanOf('/api/chat', {
      messages,
      options: { seed: 1, stop: ['x'], num_predict: 3 },
      format: 'json',
    });
    await spanOf('/v1/responses', { input: 'x' });
    await spanOf('/api/chat', { model: 'unknown', messages });
    const sent = server.collector.spans.flatMap(({ attributes }) => Object.keys(attributes));
    expect(sent.length).toBeGreaterThan(30);
    expect(sent.filter((name) => !names.has(name))).toEqual([]);
    const { GEN_AI_OPERATION_NAME_VALUE_CHAT: chat } = published;
    expect(server.collector.runs().map(({ attributes }) => attributes['gen_ai.operation.name'])).toEqual(
      Array(3).fill(chat),
    );
    expect(published.GEN_AI_OPERATION_NAME_VALUE_TEXT_COMPLETION).toBe('text_completion');
    expect(published.GEN_AI_OPERATION_NAME_VALUE_EMBEDDINGS).toBe('embeddings');
  });
});
