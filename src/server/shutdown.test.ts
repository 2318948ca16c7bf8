import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';

let server: ScriptServer;
afterEach(() => server.close());

const ask = (path = '/api/generate') =>
  server.post(path, {
    model: 'm',
    prompt: 'x',
    messages: [{ role: 'user', content: 'x' }],
    max_tokens: 5,
    stream: false,
  });

async function start(pieces: number) {
  server = await startScriptServer({
    runner: new ScriptRunner({ pieces: Array.from({ length: pieces }, () => 'x'), delayMs: 20 }),
  });
  await server.addModel('m');
}

describe('shutdown', () => {
  it('lets a running request finish and refuses waiting ones', async () => {
    await start(10);
    const running = ask();
    await expect.poll(() => server.scheduler.running()[0]?.activeRequests).toBe(1);
    const waiting = ask();
    await expect.poll(() => server.scheduler.waiting().length).toBe(1);
    await server.shutdown.run(10_000);
    expect((await running).status).toBe(200);
    expect((await waiting).status).toBe(503);
    expect(server.lines.map(({ message }) => message)).toContain('waiting for running requests');
  });

  it('turns health checks red at its announcement, and still serves requests', async () => {
    await start(1);
    const health = async () => (await server.app.request('/health')).status;
    expect(await health()).toBe(200);
    server.shutdown.announce();
    expect(await health()).toBe(503);
    expect((await server.app.request('/health?live')).status).toBe(200);
    expect((await ask()).status).toBe(200);
    await server.shutdown.run(0);
    const refused = await ask();
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, '1']);
  });

  it.each(['/api/generate', '/v1/chat/completions', '/v1/messages'])(
    'refuses new requests to %s',
    async (path) => {
      await start(1);
      await server.shutdown.run(0);
      const reply = await ask(path);
      expect([reply.status, reply.headers.get('Connection')]).toEqual([503, 'close']);
      expect(JSON.stringify(await reply.json())).toContain('server is shutting down');
    },
  );

  it('waits no longer than the grace period', async () => {
    await start(100_000);
    const running = ask();
    running.catch(() => undefined);
    await expect.poll(() => server.scheduler.running()[0]?.activeRequests).toBe(1);
    const stopped = server.shutdown.run(100).then(() => 'stopped');
    expect(await Promise.race([stopped, pause(5000)])).toBe('stopped');
    expect(server.lines.map(({ message }) => message)).toContain(
      'the shutdown timeout has passed; ending the remaining requests',
    );
  });
});
