import { afterEach, describe, expect, it } from 'vitest';
import { keyRecord, keysOf } from '../../../test/fakes/access/key-records.ts';
import { type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';
import type { UsageResponse } from '../../api/usage.ts';

let server: ScriptServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

type Remote = { incoming: { socket: { remoteAddress: string }; headers: object }; outgoing?: undefined };
const remote = { incoming: { socket: { remoteAddress: '192.168.1.9' }, headers: {} } } as Remote;
const user = keyRecord('ok-user', { name: 'user' });
const admin = keyRecord('ok-admin', { name: 'admin', scopes: ['admin', 'generate'] });
const messages = [{ role: 'user', content: 'hi' }];

async function start(options: Parameters<typeof startScriptServer>[0] = {}): Promise<ScriptServer> {
  server = await startScriptServer(options);
  await server.addModel('m');
  return server;
}

async function usageOf({ app }: ScriptServer, query = '', key?: string) {
  const headers = key === undefined ? {} : { Authorization: `Bearer ${key}` };
  const reply = await app.request(`/api/usage${query}`, { headers });
  return { status: reply.status, body: (await reply.json()) as UsageResponse & { error?: string } };
}

describe('GET /api/usage', () => {
  it('shows other machines nothing without a key where keys exist but none is needed', async () => {
    const { app } = await start({ keys: await keysOf([user], 'off') });
    const statusFor = async (headers: Record<string, string>) =>
      (await app.request('/api/usage', { headers })).status;
    expect(await statusFor({ 'X-Forwarded-For': '10.0.0.1' })).toBe(403);
    expect(await statusFor({ 'X-Forwarded-For': '10.0.0.1', Authorization: 'Bearer ok-user' })).toBe(200);
    expect(await statusFor({})).toBe(200);
  });

  it('shows a key its own usage, and everything to one with the scope admin', async () => {
    const { post, ...rest } = await start({ keys: await keysOf([user, admin]) });
    const running = { post, ...rest };
    const as = (key: string) => ({ Authorization: `Bearer ${key}` });
    await post('/api/chat', { model: 'm', messages, stream: false }, as('ok-user'));
    await post('/api/chat', { model: 'm', messages, stream: false }, as('ok-admin'));
    await post('/api/delete', { model: 'm' }, as('ok-user'));
    await post('/api/pull', { model: 'm' }, as('ok-user'));
    await post('/api/chat', { model: 'm', messages }, as('ok-unknown'));
    const own = await usageOf(running, '?by=key,model', 'ok-user');
    expect(own.body.usage).toMatchObject([
      { key: user.id, model: '', refusals: 1, requests: 0 },
      { key: user.id, model: 'm:latest', requests: 1 },
    ]);
    expect(own.body.total.requests).toBe(1);
    expect((await usageOf(running, `?key=${admin.id}`, 'ok-user')).status).toBe(403);
    expect((await usageOf(running, `?key=${user.id}`, 'ok-user')).status).toBe(200);
    const all = await usageOf(running, '?by=key', 'ok-admin');
    expect(all.body.usage.map(({ key }) => key).sort()).toEqual(['', user.id, admin.id].sort());
    expect((await usageOf(running)).status).toBe(401);
  });

  it('shows its own usage to a key that may do nothing else', async () => {
    const watcher = keyRecord('ok-watcher', { scopes: ['metrics'] });
    const running = await start({ keys: await keysOf([watcher, admin]) });
    await running.post('/api/chat', { model: 'm', messages }, { Authorization: 'Bearer ok-watcher' });
    const own = await usageOf(running, '?by=key', 'ok-watcher');
    expect(own.body.usage).toMatchObject([{ key: watcher.id, refusals: 1 }]);
    expect((await usageOf(running, `?key=${admin.id}`, 'ok-watcher')).status).toBe(403);
  });

  it('shows it all to requests without a key only on this machine, where there are keys', async () => {
    const { app } = await start({ keys: await keysOf([user], 'off') });
    const headers = { Authorization: 'Bearer ok-user' };
    expect((await app.request('/api/usage', {}, remote)).status).toBe(403);
    expect((await app.request('/api/usage', { headers }, remote)).status).toBe(200);
    expect((await app.request('/api/usage')).status).toBe(200);
  });

  it('shows everything while there are no keys', async () => {
    const running = await start();
    await running.post('/api/chat', { model: 'm', messages, stream: false });
    const { body } = await usageOf(running);
    expect((await running.app.request('/api/usage', {}, remote)).status).toBe(200);
    expect(body.usage).toMatchObject([{ key: '', model: 'm:latest', requests: 1 }]);
    expect((await usageOf(running, '?model=other')).body.total.requests).toBe(0);
  });

  it('says what is wrong with a query', async () => {
    const { status, body } = await usageOf(await start(), '?from=soon');
    expect([status, body.error]).toEqual([400, '"from" must be a day in UTC such as 2026-11-30']);
  });
});
