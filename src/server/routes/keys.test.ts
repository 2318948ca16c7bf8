import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { keyRecord, keysOf } from '../../../test/fakes/access/key-records.ts';
import { type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';
import type { KeyStore } from '../../access/key-store.ts';
import { listen } from '../serve.ts';

let server: ScriptServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const start = async (keys?: KeyStore) => {
  server = await startScriptServer(keys ? { keys } : {});
  return server;
};

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
const admin = bearer('ok-admin');
const records = [
  keyRecord('ok-admin', { name: 'boss', scopes: ['admin'] }),
  keyRecord('ok-user', { name: 'user' }),
];

type Remote = { incoming: { socket: { remoteAddress: string }; headers: object }; outgoing?: undefined };
const remote = { incoming: { socket: { remoteAddress: '192.168.1.9' }, headers: {} } } as Remote;

describe('/api/keys', () => {
  it('creates, lists, shows, rotates and revokes keys', async () => {
    const { app, post } = await start(await keysOf(records));
    const created = await post('/api/keys', { name: 'ci', models: ['q*'], requests_per_minute: 5 }, admin);
    expect(created.headers.get('Cache-Control')).toBe('no-store');
    const { key, id } = (await created.json()) as { key: string; id: string };
    expect((await app.request('/api/tags', { headers: bearer(key) })).status).toBe(200);

    const list = await app.request('/api/keys', { headers: admin });
    const names = ((await list.clone().json()) as { keys: { name: string }[] }).keys.map(({ name }) => name);
    expect(names).toEqual(['boss', 'user', 'ci']);
    expect(await list.text()).not.toContain(key);
    const shown = await app.request('/api/keys/ci', { headers: admin });
    expect(await shown.json()).toMatchObject({ id, models: ['q*'], requests_per_minute: 5 });

    const rotated = (await (await post(`/api/keys/${id}/rotate`, {}, admin)).json()) as { key: string };
    expect((await app.request('/api/tags', { headers: bearer(key) })).status).toBe(401);
    expect((await app.request('/api/tags', { headers: bearer(rotated.key) })).status).toBe(200);

    const revoked = await app.request(`/api/keys/${id}`, { method: 'DELETE', headers: admin });
    expect(await revoked.json()).toMatchObject({ name: 'ci' });
    expect((await app.request('/api/tags', { headers: bearer(rotated.key) })).status).toBe(401);
    expect((await app.request(`/api/keys/${id}`, { headers: admin })).status).toBe(404);
  });

  it.each([
    [{}, /name.* must be of type string/],
    [{ name: 'key_0' }, /name.*: must be 1 to 64/],
    [{ name: ' a' }, /name/],
    [{ name: 'a\n' }, /name/],
    [{ name: 'a', scopes: ['everything'] }, /scopes\[0\].*must be one of generate/],
    [{ name: 'a', scopes: [] }, /scopes/],
    [{ name: 'a', models: 'q*' }, /models.*array/],
    [{ name: 'a', models: Array(101).fill('x') }, /models/],
    [{ name: 'a', requests_per_minute: 0 }, /requests_per_minute/],
    [{ name: 'a', concurrent: 1.5 }, /concurrent/],
    [{ name: 'a', priority: 11 }, /priority/],
    [{ name: 'a', priority: 'urgent' }, /priority/],
    [{ name: 'a', expires: 'never' }, /expires/],
  ])('refuses %j', async (body, expected) => {
    const { post } = await start(await keysOf(records));
    const reply = await post('/api/keys', body, admin);
    expect([reply.status, await reply.text()]).toEqual([400, expect.stringMatching(expected)]);
  });

  it('needs the scope admin', async () => {
    const { app } = await start(await keysOf(records));
    expect((await app.request('/api/keys', { headers: bearer('ok-user') })).status).toBe(403);
    expect((await app.request('/api/keys')).status).toBe(401);
  });

  it('answers without a key only to programs on this machine', async () => {
    const { app } = await start();
    expect((await app.request('/api/keys')).status).toBe(200);
    expect((await app.request('/api/keys', {}, remote)).status).toBe(403);
    expect((await app.request('/api/keys', { headers: { 'X-Forwarded-For': '1.2.3.4' } })).status).toBe(403);
    expect((await app.request('/api/keys', { headers: { 'Sec-Fetch-Site': 'same-origin' } })).status).toBe(
      403,
    );
  });

  it.each([
    ['1.1', 200],
    ['1.0', 403],
  ])('answers without a key over the loopback address by HTTP/%s: %j', async (version, status) => {
    const { app } = await start();
    const listening = await listen(app, { host: '127.0.0.1', port: 0 });
    try {
      const socket = connect(listening.port, '127.0.0.1');
      socket.write(`GET /api/keys HTTP/${version}\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      expect(await text(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    } finally {
      await listening.close(0);
    }
  });

  it('lets this machine create the first key of a server that needs one, and no further key', async () => {
    const { app, post } = await start(await keysOf([], 'on'));
    expect((await app.request('/api/tags')).status).toBe(401);
    expect((await app.request('/api/keys', {}, remote)).status).toBe(403);
    expect((await post('/api/keys', { name: 'first', scopes: ['admin'] })).status).toBe(200);
    expect((await post('/api/keys', { name: 'second' })).status).toBe(401);
  });

  it('leaves a server whose last key is revoked to this machine', async () => {
    const { app, post } = await start(
      await keysOf([keyRecord('ok-admin', { name: 'boss', scopes: ['admin'] })]),
    );
    expect((await app.request('/api/keys/boss', { method: 'DELETE', headers: admin }, remote)).status).toBe(
      200,
    );
    expect((await app.request('/api/tags', {}, remote)).status).toBe(401);
    const body = JSON.stringify({ name: 'mine', scopes: ['admin'] });
    expect((await app.request('/api/keys', { method: 'POST', body }, remote)).status).toBe(403);
    expect((await post('/api/keys', { name: 'next', scopes: ['admin'] })).status).toBe(200);
  });

  it('lets nobody from afar manage keys of a server that needs none', async () => {
    const { app } = await start(await keysOf(records, 'off'));
    expect((await app.request('/api/keys', {}, remote)).status).toBe(403);
    expect((await app.request('/api/keys', { headers: admin }, remote)).status).toBe(200);
  });

  it('never writes a key to the log', async () => {
    const { app, post, lines } = await start();
    const { key } = (await (await post('/api/keys', { name: 'first', scopes: ['admin'] })).json()) as {
      key: string;
    };
    await post('/api/keys/first/rotate', {}, bearer(key));
    await post('/api/keys', { name: key }, bearer(key));
    await app.request(`/api/keys/${key}`, { method: 'DELETE', headers: bearer(key) });
    await post('/api/chat', { model: key }, bearer(`${key}x`));
    expect(lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(lines)).not.toContain(key.slice(3));
  });
});
