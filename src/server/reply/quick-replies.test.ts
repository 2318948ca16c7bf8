import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';
import { type ListeningServer, listen } from '../serve.ts';

let server: ScriptServer;
let listening: ListeningServer;

beforeEach(async () => {
  server = await startScriptServer();
  listening = await listen(
    server.app,
    { host: '127.0.0.1', port: 0 },
    { replies: new Map([['/api/version', { quick: true }]]) },
  );
});
afterEach(async () => {
  await listening.close(0);
  await server.close();
});

const get = (path: string, init: RequestInit = {}) => fetch(listening.url + path, init);

it('answers a constant path with the same headers as the framework', async () => {
  const quick = await get('/api/version');
  expect(await quick.json()).toEqual({ quick: true });
  const slow = await get('/api/version?x');
  expect(await slow.json()).toEqual({ version: '0.1.2' });
  expect(quick.headers.get('Content-Type')).toBe(slow.headers.get('Content-Type'));
});

it('leaves other methods, paths and origins to the framework', async () => {
  expect((await get('/api/version', { method: 'POST' })).status).toBe(405);
  expect((await get('/api/version', { headers: { Origin: 'https://evil.example' } })).status).toBe(403);
  const allowed = await get('/api/version', { headers: { Origin: 'http://localhost:3000' } });
  expect(allowed.headers.get('Access-Control-Allow-Origin')).toBe('http://localhost:3000');
  expect((await get('/api/versions')).status).toBe(404);
});
