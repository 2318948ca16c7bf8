/** `return_progress` of native streams, while they wait for their model. */
import { afterEach, describe, expect, it } from 'vitest';
import { GatedRunner, ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { linesOf, type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import { createDeferred } from '../base/deferred.ts';

let server: ScriptServer;
afterEach(() => server.close());

const chat = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
const progress = { ...chat, return_progress: true };

type Line = Record<string, unknown>;

describe('a stream that waits', () => {
  it('reports its place in the line while others have the slot, and then goes on as usual', async () => {
    const runner = new GatedRunner();
    server = await startScriptServer({ runner });
    await server.addModel('m');
    const first = server.post('/api/chat', chat);
    await expect.poll(() => server.scheduler.running()).toMatchObject([{ activeRequests: 1 }]);
    const waiting = [await server.post('/api/chat', progress), await server.post('/api/chat', progress)];
    runner.open();
    const [one = [], two = []] = (await Promise.all(waiting.map(linesOf))) as [Line[], Line[]];
    expect(one[0]).toMatchObject({ done: false, queue_progress: { position: 1, waits_for: 'slot' } });
    expect(two[0]).toMatchObject({ queue_progress: { position: 2, waits_for: 'slot' } });
    const rest = one.filter((line) => !('queue_progress' in line));
    expect(one.slice(-rest.length)).toEqual(rest);
    expect(rest[0]).toHaveProperty('prompt_progress');
    expect(rest.at(-1)).toMatchObject({ done: true, done_reason: 'stop' });
    await (await first).text();
  });

  it('reports how much of its model is loaded', async () => {
    const loaded = createDeferred<ScriptRunner>();
    server = await startScriptServer({ load: () => loaded.promise });
    await server.addModel('m');
    const reply = await server.post('/api/generate', { model: 'm', prompt: 'x', return_progress: true });
    loaded.resolve(new ScriptRunner());
    const [line] = (await linesOf(reply)) as Line[];
    expect(line).toMatchObject({
      response: '',
      queue_progress: { position: 1, waits_for: 'load', load_fraction: 0 },
    });
  });

  it('says nothing of it unless it is asked, is a stream, and is native', async () => {
    const runner = new GatedRunner();
    server = await startScriptServer({ runner });
    await server.addModel('m');
    const replies = [
      server.post('/api/chat', chat),
      server.post('/api/chat', chat),
      server.post('/api/chat', { ...progress, stream: false }),
      server.post('/v1/chat/completions', { ...progress, stream: true }),
    ];
    await expect.poll(() => server.scheduler.waiting()).toHaveLength(3);
    runner.open();
    for (const reply of replies) expect(await (await reply).text()).not.toContain('queue_progress');
  });

  it('leaves the line when its client does', async () => {
    const runner = new GatedRunner();
    server = await startScriptServer({ runner });
    await server.addModel('m');
    const first = server.post('/api/chat', chat);
    await expect.poll(() => server.scheduler.running()).toMatchObject([{ activeRequests: 1 }]);
    const reply = await server.post('/api/chat', progress);
    await reply.body?.cancel();
    await expect.poll(() => server.scheduler.waiting()).toEqual([]);
    runner.open();
    await (await first).text();
    await expect.poll(() => server.scheduler.running()).toMatchObject([{ activeRequests: 0 }]);
  });
});
