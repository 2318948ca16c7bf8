/** What is kept of one API key's requests is no use to another. */
import { afterEach, describe, expect, it } from 'vitest';
import { limitedKeys } from '../../test/fakes/access/limited-keys.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';

let server: ScriptServer;

afterEach(() => server.close());

const start = async (options: Parameters<typeof startScriptServer>[0] = {}) => {
  server = await startScriptServer({ keys: await limitedKeys({ a: {}, b: {} }), ...options });
  await server.addModel('m', { create: { template: '{{ .Prompt }}' } });
};
const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
const messages = [{ role: 'user', content: 'hi' }];

/** The salt of a request to the engine. */
async function saltOf(path: string, body: object, headers: Record<string, string> = {}) {
  const reply = await server.post(path, { model: 'm', max_tokens: 9, ...body }, headers);
  expect([reply.status, await reply.text()]).toEqual([200, expect.any(String)]);
  return server.runner.requests.at(-1)?.cacheSalt;
}

describe('the salt of the prefix cache', () => {
  it('is that of the key, whatever the request and its dialect', async () => {
    await start();
    const salts = new Map<string, Set<string | undefined>>();
    for (const key of ['a', 'b', 'a']) {
      const own = salts.get(key) ?? new Set();
      salts.set(key, own);
      own.add(await saltOf('/api/generate', { prompt: 'hi' }, bearer(key)));
      own.add(await saltOf('/api/generate', { prompt: 'hi', raw: true }, bearer(key)));
      own.add(await saltOf('/api/chat', { messages }, bearer(key)));
      own.add(await saltOf('/v1/chat/completions', { messages }, bearer(key)));
      own.add(await saltOf('/v1/completions', { prompt: 'hi' }, bearer(key)));
      own.add(await saltOf('/v1/responses', { input: 'hi' }, bearer(key)));
      own.add(await saltOf('/v1/messages', { messages }, { 'x-api-key': key }));
    }
    const [[first, ...more] = [], [second, ...others] = []] = [...salts.values()].map((own) => [...own]);
    expect([more, others]).toEqual([[], []]);
    expect(first).toMatch(/key_/);
    expect(second).toMatch(/key_/);
    expect(first).not.toBe(second);
  });

  it('is joined with the one that a request asks for, and no key can ask for that of another', async () => {
    await start();
    const ask = (cache_salt: string, key = 'a') =>
      saltOf('/api/generate', { prompt: 'hi', cache_salt }, bearer(key));
    const plain = await saltOf('/api/generate', { prompt: 'hi' }, bearer('a'));
    expect(await ask('x')).toBe(await ask('x'));
    const salts = [plain, await ask('x'), await ask('y'), await ask('x', 'b'), await ask(String(plain), 'b')];
    expect(new Set(salts).size).toBe(salts.length);
    for (const path of ['/api/chat', '/v1/chat/completions', '/v1/messages']) {
      expect(await saltOf(path, { messages, cache_salt: 'x' }, bearer('a'))).toBe(await ask('x'));
    }
    expect(await saltOf('/v1/completions', { prompt: 'hi', cache_salt: 'x' }, bearer('a'))).toBe(
      await ask('x'),
    );
    expect(await saltOf('/v1/responses', { input: 'hi', cache_salt: 'x' }, bearer('a'))).toBe(await ask('x'));
  });

  it('is none without keys, so that earlier files stay of use, unless a request asks for one', async () => {
    server = await startScriptServer();
    await server.addModel('m', { create: { template: '{{ .Prompt }}' } });
    expect(await saltOf('/api/generate', { prompt: 'hi' })).toBeUndefined();
    expect(await saltOf('/api/generate', { prompt: 'hi' }, bearer('ollama'))).toBeUndefined();
    const salted = await saltOf('/api/generate', { prompt: 'hi', cache_salt: 'x' });
    expect(salted).toContain('x');
    expect(await saltOf('/api/generate', { prompt: 'hi', cache_salt: 'y' })).not.toBe(salted);
    const empty = await server.post('/api/generate', { model: 'm', prompt: 'hi', cache_salt: '' });
    expect(empty.status).toBe(400);
  });
});

describe('stored responses', () => {
  it('are there for their key only', async () => {
    await start();
    const reply = await server.post('/v1/responses', { model: 'm', input: 'secret' }, bearer('a'));
    const { id, output } = (await reply.json()) as { id: string; output: { id: string }[] };
    const statusOf = async (key: string, method: string, path: string, body?: object) => {
      const headers = { ...bearer(key), 'Content-Type': 'application/json' };
      const sent = body && JSON.stringify({ model: 'm', ...body });
      return (await server.app.request(path, { method, headers, ...(sent && { body: sent }) })).status;
    };
    const asked = { input: 'again', previous_response_id: id };
    const item = { input: [{ type: 'item_reference', id: output[0]?.id }] };
    for (const key of ['b', 'a']) {
      const isOwner = key === 'a';
      expect(await statusOf(key, 'GET', `/v1/responses/${id}`)).toBe(isOwner ? 200 : 404);
      expect(await statusOf(key, 'POST', '/v1/responses', asked)).toBe(isOwner ? 200 : 404);
      expect(await statusOf(key, 'POST', '/v1/responses', item)).toBe(isOwner ? 200 : 400);
      expect(await statusOf(key, 'DELETE', `/v1/responses/${id}`)).toBe(isOwner ? 200 : 404);
    }
  });
});
