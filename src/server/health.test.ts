import { rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import type { HealthResponse } from '../api/health.ts';
import { OllamaError } from '../base/errors.ts';

let server: ScriptServer;
afterEach(() => server.close());

const get = async (path: string) => {
  const response = await server.app.request(path);
  return { status: response.status, body: (await response.json()) as HealthResponse };
};
const wrong = (name: string, detail: string) => ({
  status: 503,
  body: {
    status: 'unavailable',
    checks: expect.arrayContaining([{ name, ok: false, detail: expect.stringContaining(detail) }]),
  },
});

it('is healthy without any model', async () => {
  server = await startScriptServer();
  const names = ['accepting', 'queue', 'models folder', 'model files', 'disk'];
  const checks = names.map((name) => ({ name, ok: true }));
  expect(await get('/health')).toEqual({ status: 200, body: { status: 'ok', checks } });
  const head = await server.app.request('/health', { method: 'HEAD' });
  expect(head.status).toBe(200);
});

it('checks every loaded model and names the one that does not answer', async () => {
  const runner = new ScriptRunner();
  server = await startScriptServer({ runner });
  await server.addModel('m');
  await server.post('/api/generate', { model: 'm' });
  runner.detokenize = () => Promise.reject(new OllamaError('runner-failed', 'it is dead'));
  expect(await get('/health')).toEqual(wrong('model m:latest', 'it is dead'));
});

it('runs one probe for many simultaneous requests', async () => {
  const runner = new ScriptRunner();
  server = await startScriptServer({ runner });
  await server.addModel('m');
  await server.post('/api/generate', { model: 'm' });
  let probes = 0;
  runner.detokenize = async () => {
    probes += 1;
    return '';
  };
  await Promise.all(Array.from({ length: 20 }, () => get('/health')));
  expect(probes).toBe(1);
});

it('is unhealthy without its models folder', async () => {
  server = await startScriptServer();
  await rm(server.modelsFolder, { recursive: true });
  expect(await get('/health')).toEqual(wrong('models folder', 'ENOENT'));
});

it('is healthy although files of a model are missing, and names the model', async () => {
  server = await startScriptServer();
  await server.addModel('m');
  const library = join(server.modelsFolder, 'manifests/registry.ollama.ai/library');
  await symlink(tmpdir(), join(library, 'linked'));
  for (const { digest } of await server.store.blobs.list())
    if (digest) await server.store.blobs.remove(digest);
  const detail =
    'these models lack files and cannot be loaded: those behind the link linked, m:latest: pull or create them again';
  expect(await get('/health')).toMatchObject({
    status: 200,
    body: { status: 'ok', checks: expect.arrayContaining([{ name: 'model files', ok: true, detail }]) },
  });
});

it('is unhealthy but alive while it stops', async () => {
  server = await startScriptServer();
  await server.shutdown.run(0);
  expect(await get('/health')).toMatchObject({ status: 503 });
});

it('generates a token with the requested model', async () => {
  server = await startScriptServer();
  await server.addModel('m');
  const { status, body } = await get('/health?model=m');
  expect(status).toBe(200);
  expect(body.checks.at(-1)).toEqual({ name: 'answer of m', ok: true });
  expect(await get('/health?model=missing')).toMatchObject({
    status: 404,
    body: { error: "model 'missing' not found" },
  });
  expect(await get('/health?live')).toEqual({ status: 200, body: { status: 'ok', checks: [] } });
});

it('reports why a model does not answer', async () => {
  const load = () => Promise.reject(new OllamaError('load-failed', 'broken weights'));
  server = await startScriptServer({ load });
  await server.addModel('m');
  expect(await get('/health?model=m')).toEqual(wrong('answer of m', 'broken weights'));
});

it('runs a model for programs, not for web browsers', async () => {
  const runner = new ScriptRunner();
  server = await startScriptServer({ runner });
  await server.addModel('m');
  for (const site of ['cross-site', 'same-origin', 'none']) {
    const headers = { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
    expect((await server.app.request('/health?model=m', { headers })).status).toBe(403);
    expect((await server.app.request('/health', { headers })).status).toBe(200);
  }
  expect(server.loads).toEqual([]);
  expect((await get('/health?model=m')).status).toBe(200);
  expect(server.loads).toHaveLength(1);
});
