import { afterEach, describe, expect, it } from 'vitest';
import { GatedRunner, ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { linesOf, type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import type { QueuedRequest, QueueResponse } from '../api/queue.ts';
import { createDeferred } from '../base/deferred.ts';

let server: ScriptServer;

afterEach(() => server.close());

const queue = async () => (await (await server.app.request('/api/queue')).json()) as QueueResponse;

/** Waits until this many requests are in the queue. */
async function queueOf(length: number): Promise<QueuedRequest[]> {
  await expect.poll(async () => (await queue()).queue).toHaveLength(length);
  return (await queue()).queue;
}

describe('GET /api/queue', () => {
  it('lists waiting requests in order, with reason and waiting time', async () => {
    const runner = new GatedRunner();
    server = await startScriptServer({ runner, maxQueue: 7 });
    await server.addModel('m');
    expect(await queue()).toEqual({ active: 0, limit: 7, queue: [], loading: [] });
    const ask = () => server.post('/api/generate', { model: 'm', prompt: 'x', stream: false });
    const answers = [ask(), ask(), ask()];
    const waiting = await queueOf(2);
    expect(waiting).toMatchObject([
      { position: 1, model: 'm:latest', waits_for: 'slot' },
      { position: 2, model: 'm:latest', waits_for: 'slot' },
    ]);
    expect(waiting.every(({ waited }) => typeof waited === 'number' && waited >= 0)).toBe(true);
    expect((await queue()).active).toBe(1);
    runner.open();
    await Promise.all(answers);
    expect(await queue()).toMatchObject({ active: 0, queue: [] });
  });

  it('puts requests with a higher X-Priority first and alternates between clients with different keys', async () => {
    const runner = new GatedRunner();
    server = await startScriptServer({ runner });
    await server.addModel('m');
    const ask = (headers = {}) =>
      server.post('/api/generate', { model: 'm', prompt: 'x', stream: false }, headers);
    const answers = [ask({ Authorization: 'Bearer a' })];
    await expect.poll(async () => (await queue()).active).toBe(1);
    const later = [
      { Authorization: 'Bearer a' },
      { 'X-Priority': 'low' },
      { 'X-Api-Key': 'b' },
      { 'X-Priority': '3' },
    ];
    for (const [index, headers] of later.entries()) {
      answers.push(ask(headers));
      await queueOf(index + 1);
    }
    const waiting = await queueOf(4);
    expect(waiting.map(({ priority }) => priority)).toEqual([3, 0, 0, -1]);
    runner.open();
    await Promise.all(answers);
  });

  it.each(['11', '-11', '1.5', 'urgent', ''])('refuses X-Priority %j', async (text) => {
    server = await startScriptServer();
    await server.addModel('m');
    const reply = await server.post('/api/generate', { model: 'm', prompt: 'x' }, { 'X-Priority': text });
    expect(reply.status).toBe(400);
    expect(await reply.json()).toEqual({
      error: expect.stringContaining('X-Priority: must be a whole number'),
    });
  });
});

describe('POST /api/load and /api/unload', () => {
  it('report progress and end with success', async () => {
    const loaded = createDeferred<ScriptRunner>();
    server = await startScriptServer({ load: () => loaded.promise });
    await server.addModel('m');
    const reply = await server.post('/api/load', { model: 'm', keep_alive: '5m' });
    expect(reply.headers.get('content-type')).toBe('application/x-ndjson');
    expect((await queueOf(1))[0]).toMatchObject({ waits_for: 'load' });
    expect((await queue()).loading).toEqual([{ model: 'm:latest', fraction: 0 }]);
    loaded.resolve(new ScriptRunner());
    const lines = await linesOf(reply);
    expect(lines[0]).toMatchObject({ status: 'loading', model: 'm:latest', fraction: 0 });
    expect(lines.at(-1)).toMatchObject({ status: 'success', total_duration: expect.any(Number) });
    expect(server.scheduler.running()).toMatchObject([{ name: 'm:latest', activeRequests: 0 }]);
    const unloading = await linesOf(await server.post('/api/unload', { model: 'm' }));
    expect(unloading.at(-1)).toEqual({ status: 'success', model: 'm:latest' });
    expect(server.scheduler.running()).toEqual([]);
  });

  it('return one value when not streaming, and a status for errors', async () => {
    server = await startScriptServer();
    await server.addModel('m');
    const reply = await server.post('/api/load', { model: 'm', stream: false });
    expect(await reply.json()).toMatchObject({ status: 'success' });
    expect((await server.post('/api/load', { model: 'none' })).status).toBe(404);
    expect((await server.post('/api/load', {})).status).toBe(400);
    expect((await server.post('/api/unload', { model: 'none' })).status).toBe(404);
  });

  it('let running requests finish before unloading', async () => {
    const runner = new GatedRunner({ pieces: ['a', 'b'] });
    server = await startScriptServer({ runner });
    await server.addModel('m');
    const answer = server.post('/api/generate', { model: 'm', prompt: 'x', stream: false });
    await expect.poll(async () => (await queue()).active).toBe(1);
    const unloading = await server.post('/api/unload', { model: 'm' });
    runner.open();
    const lines = await linesOf(unloading);
    expect(lines[0]).toEqual({ status: 'waiting', model: 'm:latest' });
    expect(await (await answer).json()).toMatchObject({ response: 'ab', done: true });
  });
});

describe('POST /api/apply-template', () => {
  it('returns the prompt of a chat request without running it', async () => {
    server = await startScriptServer();
    await server.addModel('m');
    const messages = [{ role: 'user', content: 'Once upon a time' }];
    const reply = await server.post('/api/apply-template', { model: 'm', messages });
    const prompt = "[{'role': 'user', 'content': 'Once upon a time'}]";
    expect(await reply.json()).toEqual({ model: 'm', prompt });
    expect(server.runner.requests).toEqual([]);
    expect((await server.post('/api/apply-template', { model: 'm' })).status).toBe(400);
  });
});
