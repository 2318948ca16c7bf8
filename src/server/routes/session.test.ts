import { afterEach, describe, expect, it } from 'vitest';
import { keyRecord, keysOf } from '../../../test/fakes/access/key-records.ts';
import { type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';
import type { KeyStore } from '../../access/key-store.ts';
import { Sessions } from '../../access/sessions.ts';

let server: ScriptServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start() {
  const keys: KeyStore = await keysOf([
    keyRecord('ok-user', { name: 'user' }),
    keyRecord('ok-old', { expiresAt: 1 }),
  ]);
  server = await startScriptServer({ keys });
  await server.addModel('m');
  return { ...server, keys };
}

async function signIn({ post }: Pick<ScriptServer, 'post'>, headers: Record<string, string> = {}) {
  const reply = await post('/api/session', { key: 'ok-user' }, headers);
  const [cookie = '', ...attributes] = (reply.headers.get('Set-Cookie') ?? '').split('; ');
  return { reply, cookie, attributes, token: ((await reply.json()) as { csrf_token: string }).csrf_token };
}

describe('a session', () => {
  it('is opened by a key, in a cookie that scripts and other sites cannot use', async () => {
    const { reply, cookie, attributes, token } = await signIn(await start());
    expect(cookie).toMatch(/^ollama_session=[\w-]{43}$/);
    expect(attributes).toEqual(['Path=/', 'Max-Age=43200', 'HttpOnly', 'SameSite=Strict']);
    expect(reply.headers.get('Cache-Control')).toBe('no-store');
    expect(cookie).not.toContain(token);
  });

  it('has a cookie for TLS only, where the browser speaks TLS', async () => {
    const { attributes } = await signIn(await start(), { 'X-Forwarded-Proto': 'https' });
    expect(attributes).toContain('Secure');
  });

  it.each([{ key: 'ok-other' }, { key: 'ok-old' }, { key: '' }])('is refused to %j', async (body) => {
    const { post } = await start();
    const reply = await post('/api/session', body);
    expect([reply.status, reply.headers.get('Set-Cookie')]).toEqual([401, null]);
  });

  it('reads with the cookie alone, and changes something only with the token', async () => {
    const parts = await start();
    const { cookie, token } = await signIn(parts);
    const { app, post } = parts;
    expect((await app.request('/api/tags', { headers: { Cookie: cookie } })).status).toBe(200);
    const again = await app.request('/api/session', { headers: { Cookie: `a=b; ${cookie}` } });
    expect(await again.json()).toMatchObject({ csrf_token: token, key: { name: 'user' } });
    const body = { model: 'm', prompt: 'x', stream: false };
    const statusWith = async (headers: Record<string, string>) =>
      (await post('/api/generate', body, { Cookie: cookie, ...headers })).status;
    expect(await statusWith({})).toBe(403);
    expect(await statusWith({ 'X-CSRF-Token': `${token.slice(1)}x` })).toBe(403);
    expect(await statusWith({ 'X-CSRF-Token': token })).toBe(200);
    // Who presents the key itself is no browser that was led astray.
    expect(await statusWith({ Authorization: 'Bearer ok-user' })).toBe(200);
    expect(
      (await post('/api/unload', { model: 'm' }, { Cookie: cookie, 'X-CSRF-Token': token })).status,
    ).toBe(403);
  });

  it('ends when the page ends it', async () => {
    const parts = await start();
    const { cookie, token } = await signIn(parts);
    const { app } = parts;
    const end = (headers: Record<string, string>) =>
      app.request('/api/session', { method: 'DELETE', headers });
    expect((await end({ Cookie: cookie })).status).toBe(403);
    const ended = await end({ Cookie: cookie, 'X-CSRF-Token': token });
    expect(ended.headers.get('Set-Cookie')).toContain('Max-Age=0');
    expect((await app.request('/api/tags', { headers: { Cookie: cookie } })).status).toBe(401);
    const after = await app.request('/api/session', { headers: { Cookie: cookie } });
    expect([after.status, await after.text()]).toEqual([204, '']);
  });

  it.each<['revoke' | 'rotate']>([['revoke'], ['rotate']])('ends with its key: %s', async (change) => {
    const parts = await start();
    const { cookie } = await signIn(parts);
    await parts.keys[change]('user');
    const reply = await parts.app.request('/api/tags', { headers: { Cookie: cookie } });
    expect([reply.status, await reply.text()]).toEqual([401, expect.stringContaining('session has ended')]);
  });

  it.each([
    'ollama_session=',
    'ollama_session',
    `ollama_session=${'x'.repeat(15_000)}`,
    ';;;=ollama_session',
  ])('does not come from the cookie %.40s', async (cookie) => {
    const { app } = await start();
    expect((await app.request('/api/tags', { headers: { Cookie: cookie } })).status).toBe(401);
  });
});

describe('the sessions of a server', () => {
  it('end after twelve hours', () => {
    const sessions = new Sessions();
    const { cookie } = sessions.open('d', 0);
    expect(sessions.find(cookie, 12 * 3_600_000 - 1)).toBeDefined();
    expect(sessions.find(cookie, 12 * 3_600_000)).toBeUndefined();
    expect(sessions.find(cookie, 0)).toBeUndefined();
  });

  it('are at most a thousand', () => {
    const sessions = new Sessions();
    const cookies = Array.from({ length: 1001 }, () => sessions.open('d', 0).cookie);
    expect(sessions.find(cookies[0] ?? '', 1)).toBeUndefined();
    expect(sessions.find(cookies[1] ?? '', 1)).toBeDefined();
  });

  it('of one key end for its own new ones, and not those of other keys', () => {
    const sessions = new Sessions();
    const { cookie } = sessions.open('other', 0);
    const cookies = Array.from({ length: 1200 }, () => sessions.open('d', 0).cookie);
    expect(sessions.find(cookie, 1)).toBeDefined();
    expect(cookies.filter((each) => sessions.find(each, 1)).length).toBe(999);
  });
});
