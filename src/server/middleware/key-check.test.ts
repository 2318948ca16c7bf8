import { afterEach, describe, expect, it } from 'vitest';
import { keyRecord, keysOf } from '../../../test/fakes/access/key-records.ts';
import { type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';
import type { KeyStore } from '../../access/key-store.ts';

let server: ScriptServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const start = async (keys: Promise<KeyStore>) => {
  server = await startScriptServer({ keys: await keys });
  await server.addModel('m');
  return server;
};

const records = [
  keyRecord('ok-user', { name: 'user' }),
  keyRecord('ok-reader', { name: 'reader', scopes: ['read'] }),
  keyRecord('ok-old', { expiresAt: 1 }),
];

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

describe('a server that needs keys', () => {
  it.each<[string, Record<string, string>, number]>([
    ['nothing', {}, 401],
    ['an unknown key', bearer('ok-other'), 401],
    ['an expired key', bearer('ok-old'), 401],
    ['a key', bearer('ok-user'), 200],
    ['a key in another spelling of the scheme', { Authorization: 'bearer   ok-user ' }, 200],
    ['a key without a scheme', { Authorization: 'ok-user' }, 200],
    ['a key as x-api-key', { 'x-api-key': 'ok-user' }, 200],
    ['a key as a password', { Authorization: `Basic ${btoa('me:ok-user')}` }, 200],
    ['a key beside a dummy', { ...bearer('ollama'), 'x-api-key': 'ok-user' }, 200],
    ['a header of 16 KB', bearer('x'.repeat(16_000)), 401],
    ['an empty key', { Authorization: 'Bearer ' }, 401],
    ['Basic without a password', { Authorization: 'Basic %%%' }, 401],
  ])('answers %s', async (_, headers, status) => {
    const { app } = await start(keysOf(records));
    expect((await app.request('/api/tags', { headers })).status).toBe(status);
  });

  it('says what is missing, in words and in the header for it', async () => {
    const { app } = await start(keysOf(records));
    const none = await app.request('/api/tags');
    expect(none.headers.get('WWW-Authenticate')).toBe('Bearer realm="ollama"');
    expect(await none.json()).toMatchObject({ error: expect.stringContaining('needs an API key') });
    const expired = await app.request('/api/tags', { headers: bearer('ok-old') });
    expect(expired.headers.get('WWW-Authenticate')).toContain('error="invalid_token"');
    expect(await expired.json()).toMatchObject({ error: expect.stringContaining('has expired') });
  });

  it('refuses a key without the scope, before the body is read', async () => {
    const { app } = await start(keysOf(records));
    const body = new ReadableStream({
      pull: () => {
        throw new Error('the body was read');
      },
    });
    const init = { method: 'POST', body, duplex: 'half', headers: bearer('ok-reader') } as RequestInit;
    const reply = await app.request('/api/chat', init);
    expect([reply.status, await reply.text()]).toEqual([
      403,
      expect.stringContaining('scope \\"generate\\"'),
    ]);
  });

  it('leaves its open routes open, but runs no model for a health check', async () => {
    const { app } = await start(keysOf(records));
    for (const path of ['/', '/api/version', '/health'])
      expect((await app.request(path)).status, path).toBe(200);
    expect((await app.request('/api/tags', { method: 'OPTIONS' })).status).toBe(204);
    expect((await app.request('/health?model=m')).status).toBe(401);
    expect((await app.request('/health?model=m', { headers: bearer('ok-reader') })).status).toBe(403);
    expect((await app.request('/health?model=m', { headers: bearer('ok-user') })).status).toBe(200);
  });

  it('answers in the errors of each dialect', async () => {
    const { app } = await start(keysOf(records));
    const bodies = ['/api/tags', '/v1/models', '/v1/messages', '/v2/'].map(async (path) => {
      const method = path === '/v1/messages' ? 'POST' : 'GET';
      return (await app.request(path, { method, headers: bearer('ok-other') })).json();
    });
    expect(await Promise.all(bodies)).toMatchObject([
      { error: expect.stringContaining('not valid') },
      { error: { type: 'invalid_request_error', code: 'invalid_api_key' } },
      { type: 'error', error: { type: 'authentication_error' } },
      { errors: [{ code: 'UNAUTHORIZED' }] },
    ]);
  });
});

describe('a server that needs no key', () => {
  it('ignores unknown credentials, and holds known keys to their scopes', async () => {
    const { app } = await start(keysOf(records, 'off'));
    expect((await app.request('/api/tags')).status).toBe(200);
    expect((await app.request('/api/tags', { headers: bearer('ollama') })).status).toBe(200);
    expect((await app.request('/api/tags', { headers: bearer('ok-old') })).status).toBe(200);
    const unload = { method: 'POST', body: '{"model":"m"}', headers: bearer('ok-reader') };
    expect((await app.request('/api/unload', unload)).status).toBe(403);
  });
});

describe('keys that cannot be read', () => {
  it('close a server that needs them', async () => {
    const { app } = await start(keysOf('{"version":1,"keys":[{}]}'));
    expect((await app.request('/api/tags', { headers: bearer('ok-user') })).status).toBe(503);
    expect((await app.request('/api/tags')).status).toBe(401);
    expect((await app.request('/api/keys')).status).toBe(401);
    expect((await app.request('/health')).status).toBe(200);
  });

  it('identify nobody on a server that needs none', async () => {
    const { app } = await start(keysOf('garbage', 'off'));
    expect((await app.request('/api/tags', { headers: bearer('ok-user') })).status).toBe(200);
  });
});
