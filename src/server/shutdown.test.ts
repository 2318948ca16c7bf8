import { afterEach, describe, expect, it } from 'vitest';
import { GatedRunner } from '../../test/fakes/runners/script-runner.ts';
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

async function start(): Promise<GatedRunner> {
  const runner = new GatedRunner();
  server = await startScriptServer({ runner });
  await server.addModel('m');
  return runner;
}

describe('shutdown', () => {
  it('lets running and waiting requests finish', async () => {
    const runner = await start();
    const running = ask();
    await expect.poll(() => server.scheduler.running()[0]?.activeRequests).toBe(1);
    const waiting = ask();
    await expect.poll(() => server.scheduler.waiting().length).toBe(1);
    const stopped = server.shutdown.run(600_000);
    expect((await ask()).status).toBe(503);
    runner.open();
    expect([(await running).status, (await waiting).status]).toEqual([200, 200]);
    await stopped;
    const { fields } =
      server.lines.find(({ message }) => message === 'waiting for unfinished requests') ?? {};
    expect(fields).toMatchObject({ requests: 2 });
  });

  it('turns health checks red at its announcement, and still serves requests', async () => {
    (await start()).open();
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
      await start();
      await server.shutdown.run(0);
      const reply = await ask(path);
      expect([reply.status, reply.headers.get('Connection')]).toEqual([503, 'close']);
      expect(JSON.stringify(await reply.json())).toContain('server is shutting down');
    },
  );

  it('answers health checks to the end: that it does not accept, and that it lives', async () => {
    await start();
    await server.shutdown.run(0);
    const health = await server.app.request('/health');
    expect(health.status).toBe(503);
    expect(await health.json()).toMatchObject({ checks: [{ name: 'accepting', ok: false }] });
    expect((await server.app.request('/health?live')).status).toBe(200);
  });

  it('waits no longer than the grace period', async () => {
    await start();
    const running = ask();
    running.catch(() => undefined);
    await expect.poll(() => server.scheduler.running()[0]?.activeRequests).toBe(1);
    const waiting = ask();
    await expect.poll(() => server.scheduler.waiting().length).toBe(1);
    const stopped = server.shutdown.run(100).then(() => 'stopped');
    expect(await stopped).toBe('stopped');
    const refused = await waiting;
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, '1']);
    expect(server.lines.map(({ message }) => message)).toContain(
      'the shutdown timeout has passed; ending the remaining requests',
    );
  });
});
