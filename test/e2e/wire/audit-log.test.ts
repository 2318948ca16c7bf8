import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestServer } from '../support/server-process.ts';
import { patience, post, send, sendRaw, sha256 } from '../support/server-requests.ts';

let home: string;
const path = () => join(home, '.ollama', 'logs', 'audit.log');

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'audit-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const start = (env: Record<string, string> = {}) =>
  startTestServer({ env: { HOME: home, OLLAMA_AUDIT_LOG: 'audit.log', ...env } });

async function lines(): Promise<Record<string, unknown>[]> {
  const text = await readFile(path(), 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

it('names the life of the server, and what clients did and could not do', async () => {
  const config = join(home, 'config.yaml');
  await writeFile(config, 'keep_alive: 5m\n');
  {
    await using server = await start({ OLLAMA_CONFIG: config });
    const pulled = await send(server, 'POST', '/api/pull', {
      model: '127.0.0.1:1/nobody/there',
      insecure: true,
    });
    expect(await pulled.text()).toContain('"error"');
    await post(server, '/api/delete', { model: 'm' });
    await send(server, 'DELETE', '/api/delete', { model: 'none' });
    await sendRaw(server, { path: '/api/tags?secret=planted', headers: { Host: 'evil.example' } });
    await post(server, `/api/blobs/${sha256('abc')}`, 'abc');
    await writeFile(config, 'keep_alive: 6m\n');
    process.kill(server.pid, 'SIGHUP');
    await expect.poll(async () => (await lines()).map(({ action }) => action), patience).toContain('reload');
    await expect.poll(async () => (await lines()).map(({ action }) => action), patience).toContain('upload');
  }
  const found = await lines();
  const about = (action: string) => found.filter((line) => line.action === action);
  expect(found[0]).toMatchObject({ action: 'start', result: 'ok', version: expect.any(String) });
  expect(found.at(-1)).toMatchObject({ action: 'stop', result: 'ok' });
  expect(about('pull')).toMatchObject([
    ...(about('pull').length === 2 ? [{ result: 'begun', status: 200 }] : []),
    { result: 'failed', model: '127.0.0.1:1/nobody/there', address: '127.0.0.1' },
  ]);
  expect(about('delete')).toMatchObject([{ result: 'failed', status: 404, model: 'none' }]);
  expect(about('request')).toMatchObject([{ result: 'refused', status: 403, path: '/api/tags' }]);
  expect(about('upload')).toMatchObject([{ result: 'ok', status: 201, digest: sha256('abc') }]);
  expect(JSON.stringify(found)).not.toContain('planted');
});

it('loses no line of many clients, and names what a client left', async () => {
  await using server = await start();
  const requests = Array.from({ length: 300 }, (_, index) =>
    send(server, 'DELETE', '/api/delete', { model: `none-${index}` }),
  );
  await Promise.all(requests);
  const deleted = async () => (await lines()).filter(({ action }) => action === 'delete');
  await expect.poll(async () => (await deleted()).length, patience).toBe(300);
  expect(new Set((await deleted()).map(({ model }) => model)).size).toBe(300);
  const abort = new AbortController();
  const slow = new ReadableStream({
    pull: async (controller) => {
      await pause(10);
      controller.enqueue(new Uint8Array(1000));
    },
  });
  const upload = fetch(`${server.url}/api/blobs/${sha256('x')}`, {
    method: 'POST',
    body: slow,
    duplex: 'half',
    signal: abort.signal,
  } as RequestInit).catch(() => undefined);
  setTimeout(() => abort.abort(), 500);
  await upload;
  const uploads = async () => (await lines()).filter(({ action }) => action === 'upload');
  await expect.poll(uploads, patience).toMatchObject([{ digest: sha256('x') }]);
  expect((await uploads())[0]?.result).not.toBe('ok');
});

it('is not needed to serve', async () => {
  await using server = await start({ OLLAMA_AUDIT_LOG: '/dev/full' });
  expect((await send(server, 'DELETE', '/api/delete', { model: 'none' })).status).toBe(404);
  const health = (await (await fetch(`${server.url}/health`)).json()) as { status: string; checks: object[] };
  expect(health).toMatchObject({ status: 'ok' });
  expect(health.checks).toContainEqual({
    name: 'records',
    ok: true,
    detail: expect.stringContaining('the audit log cannot be written'),
  });
  expect(server.output().match(/the audit log cannot be written/g)).toHaveLength(1);
});
