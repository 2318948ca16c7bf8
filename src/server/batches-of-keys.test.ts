/** What keys keep from each other, and what a key's limits mean for its batches. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { limitedKeys } from '../../test/fakes/access/limited-keys.ts';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import type { BatchObject, FileObject } from '../api/batches.ts';

const CHAT = '/v1/chat/completions';
const body = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
let server: ScriptServer;
let runner: ScriptRunner;

beforeEach(async () => {
  runner = new ScriptRunner();
  const keys = await limitedKeys({ a: { limits: { concurrent: 1 } }, b: {} });
  server = await startScriptServer({ runner, keys });
  await server.addModel('m', { create: { template: '{{ .Prompt }}' } });
});
afterEach(() => server.close());

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
const ask = (method: string, path: string, key: string) =>
  server.app.request(path, { method, headers: bearer(key) });
async function begin(count: number): Promise<{ file: FileObject; batch: BatchObject }> {
  const form = new FormData();
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({ custom_id: `c${index}`, method: 'POST', url: CHAT, body }),
  );
  form.append('purpose', 'batch');
  form.append('file', new Blob([lines.join('\n')]), 'in.jsonl');
  const upload = { method: 'POST', body: form, headers: bearer('a') };
  const file = (await (await server.app.request('/v1/files', upload)).json()) as FileObject;
  const request = { input_file_id: file.id, endpoint: CHAT };
  const batch = (await (await server.post('/v1/batches', request, bearer('a'))).json()) as BatchObject;
  return { file, batch };
}
const batchOf = async (id: string) =>
  (await (await ask('GET', `/v1/batches/${id}`, 'a')).json()) as BatchObject;

it('another key neither sees, uses, changes nor deletes files and batches', async () => {
  const { file, batch } = await begin(1);
  const foreign = [
    ['GET', `/v1/files/${file.id}`],
    ['GET', `/v1/files/${file.id}/content`],
    ['DELETE', `/v1/files/${file.id}`],
    ['GET', `/v1/batches/${batch.id}`],
    ['POST', `/v1/batches/${batch.id}/cancel`],
  ] as const;
  for (const [method, path] of foreign) {
    expect([path, (await ask(method, path, 'b')).status]).toEqual([path, 404]);
  }
  const use = await server.post('/v1/batches', { input_file_id: file.id, endpoint: CHAT }, bearer('b'));
  expect(use.status).toBe(404);
  for (const path of ['/v1/files', '/v1/batches']) {
    expect(await (await ask('GET', path, 'b')).json()).toMatchObject({ data: [] });
  }
  await expect.poll(async () => (await batchOf(batch.id)).status).toBe('completed');
});

it('a line gives way to a person with the same key, whose limit lets one request run', async () => {
  await server.batches.start();
  runner.script = { pieces: ['a'], delayMs: 600_000 };
  const { batch } = await begin(2);
  await expect.poll(() => runner.requests.length).toBe(1);
  const asked = server.post(CHAT, body, bearer('a'));
  // The line would run for ten minutes.
  runner.script = { pieces: ['a'] };
  expect((await asked).status).toBe(200);
  await expect.poll(async () => (await batchOf(batch.id)).status).toBe('completed');
  expect((await batchOf(batch.id)).request_counts).toEqual({ total: 2, completed: 2, failed: 0 });
});
