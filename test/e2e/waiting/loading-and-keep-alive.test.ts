import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { childrenOf, isRunning } from '../../fakes/processes.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import {
  createModel,
  linesOf,
  patience,
  post,
  type Reply,
  randomModelBytes,
  send,
} from '../support/server-requests.ts';

interface Running {
  readonly name: string;
  readonly expires_at: string;
  readonly context_length: number;
  readonly size: number;
}

/** Counts without end until the client disconnects. */
const endless = {
  model: 'smol',
  prompt: '1, 2, 3, 4, 5, 6, 7,',
  raw: true,
  options: { num_predict: -1, temperature: 0 },
};
const short = { ...endless, options: { num_predict: 3, temperature: 0 }, stream: false };
const loaded = { status: 200, body: expect.objectContaining({ done: true, done_reason: 'load' }) };
const unloaded = { status: 200, body: expect.objectContaining({ done: true, done_reason: 'unload' }) };

let server: TestServer;

const generate = (fields: Record<string, unknown>) => post(server, '/api/generate', fields);
const chat = (fields: Record<string, unknown>) => post(server, '/api/chat', fields);
const running = async () => {
  const response = await fetch(`${server.url}/api/ps`);
  return ((await response.json()) as { models: Running[] }).models;
};
const runningNames = async () => (await running()).map(({ name }) => name).sort();
const untilRunning = (names: string[]) => expect.poll(runningNames, patience).toEqual(names);
const expiresIn = async (name: string) => {
  const model = (await running()).find((candidate) => candidate.name === `${name}:latest`);
  return (Date.parse(model?.expires_at ?? '') - Date.now()) / 1000;
};

let modelsFolder: string;

beforeAll(async () => {
  modelsFolder = await mkdtemp(join(tmpdir(), 'ollama-models-'));
  server = await start();
  await createModel(server, 'smol', inject('smolModelPath'));
  await createModel(server, 'one', await randomModelBytes({ seed: 1 }));
  await createModel(server, 'two', await randomModelBytes({ seed: 2 }));
  await server.stop();
});
afterAll(() => rm(modelsFolder, { recursive: true }));

const start = (env: Record<string, string> = {}) => startTestServer({ modelsFolder, env });

/** Starts a stream and reads its first lines. */
async function begin(fields: Record<string, unknown>, signal?: AbortSignal) {
  const response = await send(server, 'POST', '/api/generate', fields, signal ? { signal } : {});
  const lines = linesOf(response);
  for (let line = 0; line < 3; line++) expect(await lines.next()).toMatchObject({ value: { done: false } });
  return lines;
}

describe('a server with default settings', () => {
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server[Symbol.asyncDispose]());
  afterEach(async () => {
    for (const model of ['smol', 'one', 'two']) await generate({ model, keep_alive: 0 });
    await untilRunning([]);
  });

  it('loads the model for an empty prompt or without messages, and unloads it for keep_alive 0', async () => {
    expect(await generate({ model: 'one' })).toEqual(loaded);
    expect(await runningNames()).toEqual(['one:latest']);
    expect(await generate({ model: 'one', keep_alive: 0 })).toEqual(unloaded);
    await untilRunning([]);
    expect(await chat({ model: 'one', messages: [] })).toEqual(loaded);
    expect(await runningNames()).toEqual(['one:latest']);
    expect(await chat({ model: 'one', keep_alive: '0s' })).toEqual(unloaded);
    await untilRunning([]);
    await expect.poll(() => childrenOf(server.pid), patience).toEqual([]);
  });

  it('reports an unload even if the model is not loaded, and does not load it', async () => {
    expect(await generate({ model: 'one', keep_alive: 0 })).toEqual(unloaded);
    expect(await childrenOf(server.pid)).toEqual([]);
  });

  it.each([
    ['5 minutes by default', undefined, 300],
    ['5 minutes for null', null, 300],
    ['a number of seconds', 90, 90],
    ['a fraction of seconds', 70.5, 70.5],
    ['a duration', '2m', 120],
    ['a long duration', '1h30m', 5400],
    ['a duration in milliseconds', '90000ms', 90],
  ])('shows its expiry in ps: %s', async (_, keepAlive, seconds) => {
    await generate({ model: 'one', keep_alive: keepAlive });
    const left = await expiresIn('one');
    expect(left).toBeLessThanOrEqual(seconds);
    expect(left).toBeGreaterThan(seconds - 15);
  });

  it.each([-1, -0.5, '-1m', '-1s'])('keeps a model forever for keep_alive %j', async (keepAlive) => {
    await generate({ model: 'one', keep_alive: keepAlive });
    expect(await expiresIn('one')).toBeGreaterThan(200 * 365 * 86_400);
  });

  it('counts from the end of the latest request, with its keep_alive', async () => {
    await generate({ model: 'one', keep_alive: '10m' });
    await generate({ model: 'one' });
    expect(await expiresIn('one')).toBeGreaterThan(500);
    await generate({
      model: 'one',
      prompt: 'x',
      options: { num_predict: 2 },
      stream: false,
      keep_alive: '1m',
    });
    expect(await expiresIn('one')).toBeLessThanOrEqual(60);
  });

  it.each([
    ['soon', 'time: invalid duration "soon"'],
    ['5 minutes', 'time: invalid duration "5 minutes"'],
    [true, "Unsupported type: 'bool"],
    [{}, "Unsupported type: '"],
    [['5m'], "Unsupported type: '"],
  ])('refuses keep_alive %j', async (keepAlive, message) => {
    const refused = { status: 400, body: { error: expect.stringContaining(message) } };
    expect(await generate({ model: 'one', keep_alive: keepAlive })).toEqual(refused);
    expect(await chat({ model: 'one', keep_alive: keepAlive })).toEqual(refused);
    expect(await runningNames()).toEqual([]);
  });

  it('takes a number as text for seconds, and an empty text for none', async () => {
    expect((await generate({ model: 'one', keep_alive: '40' })).status).toBe(200);
    expect(await expiresIn('one')).toBeLessThanOrEqual(40);
    expect((await chat({ model: 'one', keep_alive: '' })).status).toBe(200);
    expect(await runningNames()).toHaveLength(1);
  });

  it('unloads when the keep-alive has passed, and frees the memory', async () => {
    await generate({
      model: 'one',
      prompt: 'x',
      options: { num_predict: 2 },
      stream: false,
      keep_alive: '1s',
    });
    const [runner = 0] = await childrenOf(server.pid);
    expect(await runningNames()).toEqual(['one:latest']);
    await untilRunning([]);
    await expect.poll(() => isRunning(runner), patience).toBe(false);
  });

  it('unloads after a request with keep_alive 0, which is answered completely', async () => {
    const { body } = await generate({ ...short, keep_alive: 0 });
    expect(body).toMatchObject({ done: true, eval_count: 3 });
    await untilRunning([]);
  });

  it('keeps several models loaded and answers with each', async () => {
    const ask = { prompt: 'x', stream: false, options: { num_predict: 4 } };
    const replies = await Promise.all(['smol', 'one', 'two'].map((model) => generate({ ...ask, model })));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await runningNames()).toEqual(['one:latest', 'smol:latest', 'two:latest']);
    expect(await childrenOf(server.pid)).toHaveLength(3);
  });

  it('reloads for a larger num_ctx, but not for the same or a smaller one', async () => {
    await generate({ model: 'one', options: { num_ctx: 64 } });
    expect(await running()).toMatchObject([{ context_length: 64 }]);
    const [runner = 0] = await childrenOf(server.pid);
    await generate({ model: 'one', options: { num_ctx: 64, temperature: 0.1 } });
    await generate({ model: 'one', options: { num_ctx: 32 } });
    expect(await childrenOf(server.pid)).toEqual([runner]);
    await generate({ model: 'one', options: { num_ctx: 128 } });
    expect(await running()).toMatchObject([{ context_length: 128 }]);
    expect(await isRunning(runner)).toBe(false);
  });

  it('does not reload for a larger num_ctx before the running request has ended', async () => {
    const controller = new AbortController();
    const lines = await begin(endless, controller.signal);
    const [runner = 0] = await childrenOf(server.pid);
    const next = generate({ ...short, options: { ...short.options, num_ctx: 4096 } });
    for (let line = 0; line < 5; line++) expect(await lines.next()).toMatchObject({ value: { done: false } });
    expect(await childrenOf(server.pid)).toEqual([runner]);
    controller.abort();
    expect(await next).toMatchObject({ status: 200, body: { eval_count: 3 } });
    expect(await running()).toMatchObject([{ name: 'smol:latest', context_length: 4096 }]);
  });

  it('answers more requests at once than it has slots', async () => {
    const requests = Array.from({ length: 12 }, (_, index) =>
      generate({ ...short, prompt: `${index}, ${index + 1}, ${index + 2},` }),
    );
    for (const reply of await Promise.all(requests))
      expect(reply).toMatchObject({ status: 200, body: { done: true, eval_count: 3 } });
    expect(await childrenOf(server.pid)).toHaveLength(1);
  });

  it('stops a load when its only client disconnects', async () => {
    const controller = new AbortController();
    const leaving = send(server, 'POST', '/api/generate', endless, { signal: controller.signal });
    await expect.poll(() => childrenOf(server.pid), patience).toHaveLength(1);
    controller.abort();
    await expect(leaving).rejects.toThrow(/abort/);
    // No client waits any more: either the load was stopped, or it was complete and the model stays idle.
    await expect
      .poll(async () => (await childrenOf(server.pid)).length <= (await running()).length, patience)
      .toBe(true);
    expect(await generate(short)).toMatchObject({ status: 200, body: { eval_count: 3 } });
  });
});

describe('with one slot and one model at most', () => {
  beforeAll(async () => {
    server = await start({ OLLAMA_NUM_PARALLEL: '1', OLLAMA_MAX_LOADED_MODELS: '1' });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('an idle model makes room for the next one', async () => {
    await generate({ model: 'one', keep_alive: -1 });
    const [first = 0] = await childrenOf(server.pid);
    await generate({ model: 'two' });
    expect(await runningNames()).toEqual(['two:latest']);
    expect(await isRunning(first)).toBe(false);
    expect(await childrenOf(server.pid)).toHaveLength(1);
  });

  it('a busy model is not unloaded; the next one waits', async () => {
    const controller = new AbortController();
    const lines = await begin(endless, controller.signal);
    const next = generate({ model: 'one' });
    for (let line = 0; line < 10; line++)
      expect(await lines.next()).toMatchObject({ value: { done: false } });
    expect(await runningNames()).toContain('smol:latest');
    controller.abort();
    expect(await next).toEqual(loaded);
    expect(await runningNames()).toEqual(['one:latest']);
  });

  it('one request runs at a time, in order', async () => {
    const controller = new AbortController();
    const lines = await begin(endless, controller.signal);
    const finished: number[] = [];
    const ask = async (number: number) => {
      await generate(short);
      finished.push(number);
    };
    const waiting: Promise<void>[] = [];
    for (const number of [1, 2, 3]) {
      waiting.push(ask(number));
      // Enough time for the request to arrive before the next one.
      for (let line = 0; line < 10; line++)
        expect(await lines.next()).toMatchObject({ value: { done: false } });
    }
    expect(finished).toEqual([]);
    controller.abort();
    await Promise.all(waiting);
    expect(finished).toEqual([1, 2, 3]);
  });

  it('a client that disconnects during a stream frees its slot immediately', async () => {
    await generate(short);
    const controller = new AbortController();
    await begin(endless, controller.signal);
    const left = performance.now();
    controller.abort();
    expect(await generate(short)).toMatchObject({ status: 200, body: { eval_count: 3 } });
    expect(performance.now() - left).toBeLessThan(3000);
  });

  it('a client that disconnects while it waits is removed from the queue', async () => {
    const working = new AbortController();
    await begin(endless, working.signal);
    const waiting = new AbortController();
    const forgotten = send(server, 'POST', '/api/generate', endless, { signal: waiting.signal });
    const last = generate(short);
    waiting.abort();
    await expect(forgotten).rejects.toThrow(/abort/);
    working.abort();
    expect(await last).toMatchObject({ status: 200, body: { eval_count: 3 } });
  });
});

describe('with two slots', () => {
  it('two requests stream at the same time, and a third waits', async () => {
    server = await start({ OLLAMA_NUM_PARALLEL: '2' });
    try {
      const clients = [new AbortController(), new AbortController()];
      const streams = await Promise.all(clients.map(({ signal }) => begin(endless, signal)));
      let isThirdDone = false;
      const third = generate(short).then((reply) => {
        isThirdDone = true;
        return reply;
      });
      for (let line = 0; line < 10; line++)
        for (const stream of streams) expect(await stream.next()).toMatchObject({ value: { done: false } });
      expect(isThirdDone).toBe(false);
      clients[0]?.abort();
      expect(await third).toMatchObject({ body: { eval_count: 3 } });
      expect(await streams[1]?.next()).toMatchObject({ value: { done: false } });
      clients[1]?.abort();
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });
});

describe('with a queue of one', () => {
  it('further requests are refused because the server is busy', async () => {
    server = await start({ OLLAMA_NUM_PARALLEL: '1', OLLAMA_MAX_QUEUE: '1' });
    try {
      const client = new AbortController();
      await begin(endless, client.signal);
      const replies: Reply[] = [];
      const waiting = [1, 2, 3].map(async () => replies.push(await generate(short)));
      const busy = 'server busy, please try again.  maximum pending requests exceeded';
      const refused = { status: 503, body: { error: busy } };
      await expect.poll(() => replies, patience).toEqual([refused, refused]);
      client.abort();
      await Promise.all(waiting);
      expect(replies).toEqual([refused, refused, expect.objectContaining({ status: 200 })]);
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });
});

describe('the shutdown of the server', () => {
  beforeEach(async () => {
    server = await start();
    await generate({ model: 'one' });
    await generate({ model: 'smol' });
  });
  afterEach(() => server[Symbol.asyncDispose]());

  it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)(
    'by %s leaves no runner behind, not even a busy one',
    async (signal) => {
      const lines = await begin(endless);
      const runners = await childrenOf(server.pid);
      expect(runners).toHaveLength(2);
      process.kill(server.pid, signal);
      for (const pid of [server.pid, ...runners])
        await expect.poll(() => isRunning(pid), patience).toBe(false);
      // The stream ends with an error line or a broken connection, but never as if it were complete.
      const last = await lastOf(lines).catch((error: Error) => error);
      expect(last).not.toMatchObject({ done: true });
    },
  );
});

async function lastOf<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  let last: T | undefined;
  for await (const item of items) last = item;
  return last;
}
