/** Streams under /v1 send something every ten seconds, whatever they wait for, so that proxies keep them open. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import { createDeferred, type Deferred } from '../base/deferred.ts';
import type { CompletionEvent, CompletionRequest } from '../protocol/completion.ts';

const PING_MS = 10_000;
const comment = ': keep-alive\n\n';
const ping = 'event: ping\ndata: {"type":"ping"}\n\n';

/** Its prompts take until a test says so. */
class SlowPrefill extends ScriptRunner {
  prefill = createDeferred<void>();

  override async *complete(
    request: CompletionRequest,
    signal?: AbortSignal,
  ): AsyncGenerator<CompletionEvent> {
    await this.prefill.promise;
    yield* super.complete(request, signal);
  }
}

let server: ScriptServer;
let runner: SlowPrefill;
let loaded: Deferred<void>;

beforeEach(async () => {
  runner = new SlowPrefill();
  loaded = createDeferred<void>();
  const load = async () => {
    await loaded.promise;
    return runner;
  };
  server = await startScriptServer({ runner, load });
  await server.addModel('m');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await server.close();
});

/** Waits in real time, which the server needs to read its files. The test's limit of time ends it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(1);
}

const messages = [{ role: 'user', content: 'hi' }];

describe('a silent stream', () => {
  it.each([
    ['/v1/chat/completions', { messages }, comment],
    ['/v1/completions', { prompt: 'hi' }, comment],
    ['/v1/responses', { input: 'hi' }, comment],
    ['/v1/messages', { messages, max_tokens: 5 }, ping],
  ])('of %s sends pings through load, prefill and queue', async (path, body, sign) => {
    const ask = () => server.post(path, { model: 'm', ...body, stream: true });
    const textOf = async (reply: Promise<Response>) => (await reply).text();
    const first = ask();
    await until(() => server.scheduler.running()[0]?.state === 'loading');
    await vi.advanceTimersByTimeAsync(PING_MS);
    expect((await first).status).toBe(200);
    const firstText = textOf(first);
    await vi.advanceTimersByTimeAsync(2 * PING_MS);
    loaded.resolve();
    await until(() => server.scheduler.running()[0]?.activeRequests === 1);
    const second = ask();
    await until(() => server.scheduler.waiting().length === 1);
    await vi.advanceTimersByTimeAsync(PING_MS);
    const secondText = textOf(second);
    await vi.advanceTimersByTimeAsync(PING_MS);
    runner.prefill.resolve();
    const [during, queued] = await Promise.all([firstText, secondText]);
    // Three pings while the model loaded and two during the prefill; two in the queue behind it.
    expect(during.startsWith(sign.repeat(5))).toBe(true);
    expect(during.split(sign)).toHaveLength(6);
    expect(queued.startsWith(sign.repeat(2))).toBe(true);
    expect(queued.split(sign)).toHaveLength(3);
    for (const text of [during, queued]) expect(text).toContain('Hello');
  });

  it('sends no ping before ten seconds, so that an error can still have its status', async () => {
    const reply = server.post('/v1/chat/completions', { model: 'm', messages, stream: true });
    await until(() => server.scheduler.running()[0]?.state === 'loading');
    await vi.advanceTimersByTimeAsync(PING_MS - 1000);
    loaded.reject(new Error('broken'));
    expect((await reply).status).toBe(500);
  });

  it('ends with an error in its own format when the load fails after a ping', async () => {
    const reply = server.post('/v1/chat/completions', { model: 'm', messages, stream: true });
    await until(() => server.scheduler.running()[0]?.state === 'loading');
    await vi.advanceTimersByTimeAsync(PING_MS);
    const text = (await reply).text();
    loaded.reject(new Error('broken'));
    expect(await text).toMatch(/^: keep-alive\n\ndata: \{"error":.*\}\n\ndata: \[DONE\]\n\n$/);
  });
});
