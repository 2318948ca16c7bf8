import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';
import { type ListeningServer, listen } from '../serve.ts';

let server: ScriptServer;
let listening: ListeningServer;

beforeAll(async () => {
  server = await startScriptServer();
  listening = await listen(server.app, { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await listening.close(0);
  await server.close();
});

const fetched = { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' };
const ownPage = { ...fetched, 'Sec-Fetch-Site': 'same-origin' };

/** Asks over a connection of this machine, as a browser would. */
async function statusOf(headers: Record<string, string>, method = 'GET', path = '/api/keys') {
  const body = await new Promise<[number, string]>((resolve, reject) => {
    const outgoing = request({ port: listening.port, path, method, headers }, (reply) => {
      void text(reply).then((content) => resolve([reply.statusCode ?? 0, content]));
    });
    outgoing.on('error', reject);
    outgoing.end(method === 'POST' ? '{"name":"x"}' : undefined);
  });
  return body[0];
}

const host = () => `localhost:${listening.port}`;

describe('administration without a key', () => {
  it.each<[string, Record<string, string>, number]>([
    ['a program', {}, 200],
    ["a program with Node's fetch", { 'Sec-Fetch-Mode': 'cors' }, 200],
    ["this server's page", ownPage, 200],
    ["this server's page in the mode same-origin", { ...ownPage, 'Sec-Fetch-Mode': 'same-origin' }, 200],
    ['a page of another port', { ...ownPage, 'Sec-Fetch-Site': 'same-site' }, 403],
    [
      'a page of another port, by an allowed origin',
      { ...ownPage, 'Sec-Fetch-Site': 'same-site', Origin: 'http://localhost:3000' },
      403,
    ],
    ['an old browser on a page of another port', { Origin: 'http://localhost:3000' }, 403],
    ['a page of another site', { ...ownPage, 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['a browser extension', { ...fetched, 'Sec-Fetch-Site': 'none' }, 403],
    ['an address that somebody typed', { 'Sec-Fetch-Site': 'none', 'Sec-Fetch-Mode': 'navigate' }, 403],
    [
      'a link in an answer of a model',
      { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' },
      403,
    ],
    [
      'a picture in an answer of a model',
      { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' },
      403,
    ],
    ['a picture with crossorigin', { ...ownPage, 'Sec-Fetch-Dest': 'image' }, 403],
    ['a script', { ...ownPage, 'Sec-Fetch-Dest': 'script' }, 403],
    ['a frame', { ...ownPage, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' }, 403],
    ['a sandboxed frame', { ...ownPage, 'Sec-Fetch-Site': 'cross-site', Origin: 'null' }, 403],
    ['a proxy for a browser', { ...ownPage, 'X-Forwarded-For': '192.0.2.1' }, 403],
  ])('by %s: %j gives %d', async (_, headers, status) => {
    expect(await statusOf({ Host: host(), ...headers })).toBe(status);
  });

  it.each<[string, number]>([
    ['localhost', 200],
    ['127.0.0.1', 200],
    ['[::1]', 200],
    ['ollama.localhost', 200],
    ['192.168.0.7', 200],
    // Whoever is in the same network can give these names to any page, and to this machine afterwards.
    ['evil.local', 403],
    ['evil.internal', 403],
    ['evil.example', 403],
  ])('under the name %s gives %d, to programs and to pages', async (name, status) => {
    for (const headers of [{}, ownPage]) {
      expect(await statusOf({ ...headers, Host: `${name}:${listening.port}` })).toBe(status);
    }
  });

  it.each([
    ['localhost', 200],
    ['127.0.0.1', 200],
    ['evil.local', 403],
    ['evil.internal', 403],
  ])('shows the chats that are kept without a key under the name %s: %d', async (name, status) => {
    for (const headers of [{}, ownPage]) {
      expect(await statusOf({ ...headers, Host: `${name}:${listening.port}` }, 'GET', '/api/chats')).toBe(
        status,
      );
    }
  });

  it('lets the own page create and revoke keys, with the Origin that browsers then send', async () => {
    const headers = { ...ownPage, Host: host(), Origin: `http://${host()}` };
    const foreign = { ...headers, 'Sec-Fetch-Site': 'same-site', Origin: 'http://localhost:1' };
    expect(await statusOf(foreign, 'POST')).toBe(403);
    expect(await statusOf(headers, 'POST')).toBe(200);
    // From now on it needs the key.
    expect(await statusOf(headers, 'DELETE', '/api/keys/x')).toBe(401);
  });
});
