import { afterEach, describe, expect, it } from 'vitest';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import { OllamaError } from '../base/errors.ts';
import type { LoadOptions } from '../protocol/load.ts';

/** The fake runner's tokens are words. */
const words = (count: number) => 'a word '.repeat(count / 2);
const LONG = words(19_000);
const grows = { contextLength: 0, contextGrow: 'auto' } as const;
const trainedFor = (value: number) =>
  ({ metadata: { 'llama.context_length': { type: 'u32', value } } }) as const;

let server: ScriptServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

type Options = NonNullable<Parameters<typeof startScriptServer>[0]>;

async function start(options: Options = {}, trained = 32_768): Promise<ScriptServer> {
  const load = async ({ contextLength, slots }: LoadOptions) =>
    new ScriptRunner(undefined, { contextLength, slots, memoryBytes: 0 });
  server = await startScriptServer({ context: grows, load, ...options });
  await server.addModel('m', trainedFor(trained));
  return server;
}

const contextsOf = ({ loads }: ScriptServer) => loads.map(({ contextLength }) => contextLength);
const grown = ({ lines }: ScriptServer) => lines.filter(({ message }) => message.startsWith('context grown'));
const ask = (content: string, more: object = {}) => ({
  model: 'm',
  messages: [{ role: 'user', content }],
  stream: false,
  ...more,
});

async function headersOf(response: Response | Promise<Response>) {
  const { status, headers } = await response;
  return {
    status,
    context: headers.get('X-Ollama-Context'),
    truncated: headers.get('X-Ollama-Prompt-Truncated'),
  };
}

describe('a prompt that does not fit', () => {
  it('gets a longer context, which header, log and list of running models state, and which later requests share', async () => {
    const parts = await start();
    const { post, scheduler, app } = parts;
    expect(await headersOf(post('/api/chat', ask('hi')))).toEqual({
      status: 200,
      context: null,
      truncated: null,
    });
    expect(await headersOf(post('/api/chat', ask(LONG)))).toEqual({
      status: 200,
      context: '32768',
      truncated: null,
    });
    expect(contextsOf(parts)).toEqual([2048, 32_768]);
    expect(grown(parts)).toEqual([
      {
        level: 'info',
        message: 'context grown for a longer prompt',
        fields: {
          model: 'm:latest',
          promptTokens: expect.any(Number),
          contextBefore: 2048,
          contextLength: 32_768,
          requestId: expect.stringMatching(/^req_/),
        },
      },
    ]);
    const { models } = (await (await app.request('/api/ps')).json()) as { models: object[] };
    expect(models).toEqual([expect.objectContaining({ context_length: 32_768 })]);
    for (const text of ['hi', LONG]) {
      expect(await headersOf(post('/api/chat', ask(text)))).toEqual({
        status: 200,
        context: null,
        truncated: null,
      });
    }
    expect(contextsOf(parts)).toEqual([2048, 32_768]);
    expect(scheduler.running()).toHaveLength(1);
  });

  it.each([
    ['/api/generate', { model: 'm', prompt: LONG, stream: false }],
    ['/api/generate', { model: 'm', prompt: LONG, stream: true }],
    ['/api/chat', ask(LONG, { stream: true })],
    ['/api/chat', ask(LONG, { truncate: false })],
    ['/v1/chat/completions', ask(LONG)],
    ['/v1/chat/completions', ask(LONG, { stream: true })],
    ['/v1/completions', { model: 'm', prompt: LONG }],
    ['/v1/responses', { model: 'm', input: LONG }],
    ['/v1/responses', { model: 'm', input: LONG, stream: true }],
    ['/v1/messages', ask(LONG, { max_tokens: 100 })],
    ['/v1/messages', ask(LONG, { max_tokens: 100, stream: true })],
  ])('gets a longer context on %s', async (path, body) => {
    const parts = await start();
    const response = await parts.post(path, body);
    expect(await headersOf(response)).toEqual({ status: 200, context: '32768', truncated: null });
    await response.text();
    expect(contextsOf(parts)).toEqual([2048, 32_768]);
  });

  it('reaches the model whole, and its answer may be as long as the longer context allows', async () => {
    const runners: ScriptRunner[] = [];
    const parts = await start({
      load: async ({ contextLength }) => {
        const runner = new ScriptRunner(undefined, { contextLength });
        runners.push(runner);
        return runner;
      },
    });
    await parts.post('/api/chat', ask(LONG));
    const [first, second] = runners;
    expect(first?.requests).toEqual([]);
    expect(second?.requests[0]?.prompt.length).toBeGreaterThanOrEqual(19_000);
    expect(second?.requests[0]?.maxTokens).toBe(10 * 32_768);
  });

  it.each([
    ['the request', {}, { options: { num_ctx: 4096 } }, [4096]],
    ['OLLAMA_CONTEXT_LENGTH', { contextLength: 4096 }, {}, [4096]],
    ['OLLAMA_CONTEXT_GROW=off', { contextGrow: 'off' }, {}, [2048]],
  ] as const)('is cut where %s sets the context', async (_, context, more, expected) => {
    const parts = await start({ context: { ...grows, ...context } });
    expect(await headersOf(parts.post('/api/chat', ask(LONG, more)))).toEqual({
      status: 200,
      context: null,
      truncated: 'true',
    });
    expect(contextsOf(parts)).toEqual(expected);
    const refused = await parts.post('/api/chat', ask(LONG, { ...more, truncate: false }));
    expect(refused.status).toBe(400);
  });

  it('is cut where the model sets the context', async () => {
    const parts = await start();
    await parts.addModel('m', { ...trainedFor(32_768), create: { parameters: { num_ctx: 4096 } } });
    expect(await headersOf(parts.post('/api/chat', ask(LONG)))).toMatchObject({
      context: null,
      truncated: 'true',
    });
    expect(contextsOf(parts)).toEqual([4096]);
  });

  it('gets more than OLLAMA_CONTEXT_LENGTH with OLLAMA_CONTEXT_GROW=on', async () => {
    const parts = await start({ context: { contextLength: 4096, contextGrow: 'on' } });
    expect(await headersOf(parts.post('/api/chat', ask(LONG)))).toMatchObject({
      context: '32768',
      truncated: null,
    });
    expect(contextsOf(parts)).toEqual([4096, 32_768]);
  });

  it('gets what the model was trained for, or OLLAMA_CONTEXT_MAX, and is cut for the rest, with no second load', async () => {
    for (const [trained, contextMax, expected] of [
      [8192, 0, 8192],
      [32_768, 10_000, 10_000],
    ] as const) {
      const parts = await start({ context: { ...grows, contextMax } }, trained);
      const reply = await headersOf(parts.post('/api/chat', ask(LONG)));
      expect(reply).toEqual({ status: 200, context: String(expected), truncated: 'true' });
      const again = await headersOf(parts.post('/api/chat', ask(LONG)));
      expect(again).toEqual({ status: 200, context: null, truncated: 'true' });
      expect(contextsOf(parts)).toEqual([2048, expected]);
      const refused = await parts.post('/api/chat', ask(LONG, { truncate: false }));
      expect(refused.status).toBe(400);
      expect(await refused.text()).toContain(`num_ctx ${expected}`);
      await parts.close();
    }
  });

  it('is cut where memory is too short for a longer context', async () => {
    let bytes = 1e12;
    const used = () => server?.scheduler.running().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) ?? 0;
    const parts = await start({ freeBytes: () => bytes - used() });
    await parts.addModel('m', { ...trainedFor(32_768), create: { parameters: { use_mmap: false } } });
    await parts.post('/api/chat', ask('hi'));
    const bytesOf = async (num_ctx: number) => {
      const reply = await parts.post('/api/estimate', { model: 'm', options: { num_ctx }, slots: 1 });
      return ((await reply.json()) as { memory: { total: number } }).memory.total;
    };
    bytes = (await bytesOf(32_768)) - 1;
    const cut = await headersOf(parts.post('/api/chat', ask(LONG)));
    expect(cut).toEqual({ status: 200, context: null, truncated: 'true' });
    expect(contextsOf(parts)).toEqual([2048]);
    bytes += 1;
    expect(await headersOf(parts.post('/api/chat', ask(LONG)))).toMatchObject({
      context: '32768',
      truncated: null,
    });
    expect(contextsOf(parts)).toEqual([2048, 32_768]);
  });

  it('continues with what was loaded if the longer context cannot be loaded', async () => {
    const parts = await start({
      load: async ({ contextLength }) => {
        if (contextLength > 2048) throw new OllamaError('load-failed', 'no memory after all');
        return new ScriptRunner(undefined, { contextLength });
      },
    });
    const reply = await headersOf(parts.post('/api/chat', ask(LONG)));
    expect(reply).toEqual({ status: 200, context: null, truncated: 'true' });
    expect(contextsOf(parts)).toEqual([2048, 32_768, 2048]);
    expect(parts.lines.filter(({ message }) => message.startsWith('context not grown'))).toHaveLength(1);
    // Another load would fail as well.
    await parts.post('/api/chat', ask(LONG));
    expect(contextsOf(parts)).toEqual([2048, 32_768, 2048]);
  });

  it('needs no longer context to be counted or shown', async () => {
    const parts = await start();
    const reply = await parts.post('/v1/messages/count_tokens', ask(LONG));
    const { input_tokens } = (await reply.json()) as { input_tokens: number };
    expect(input_tokens).toBeGreaterThanOrEqual(19_000);
    expect(contextsOf(parts)).toEqual([2048]);
  });
});
