/** Files and batches with OpenAI's official client, and what keys keep from each other. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import OpenAI, { APIError, toFile } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientOptions, startClientServer } from '../../test/fakes/servers/client-server.ts';
import type { ScriptServer } from '../../test/fakes/servers/script-server.ts';

const CHAT = '/v1/chat/completions';
let server: ScriptServer;
let client: OpenAI;

beforeEach(async () => {
  server = await startClientServer();
  client = new OpenAI(clientOptions(server, '/v1'));
  server.runner.script = { pieces: ['Hel', 'lo'] };
});
afterEach(() => server.close());

const request = (id: string, body: object = {}, url = CHAT) => ({
  custom_id: id,
  method: 'POST',
  url,
  body: { model: 'm', messages: [{ role: 'user', content: id }], ...body },
});
const upload = async (lines: readonly object[], as = client) =>
  as.files.create({
    file: await toFile(Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n')), 'in.jsonl'),
    purpose: 'batch',
  });
const begin = async (lines: readonly object[], as = client) =>
  as.batches.create({
    input_file_id: (await upload(lines, as)).id,
    endpoint: CHAT,
    completion_window: '24h',
    metadata: { kind: 'test' },
  });
const ended = ['completed', 'failed', 'expired', 'cancelled'];
const waitFor = async (id: string, as = client) => {
  await expect.poll(async () => ended.includes((await as.batches.retrieve(id)).status)).toBe(true);
  return as.batches.retrieve(id);
};
const linesOf = async (id: string | null | undefined, as = client) =>
  (await (await as.files.content(id ?? '')).text())
    .trimEnd()
    .split('\n')
    .map((line): { custom_id: string; response: { status_code: number; body: object } } => JSON.parse(line));
async function refusal(promise: Promise<unknown>): Promise<APIError> {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  if (error instanceof APIError) return error;
  throw new Error(`no API error: ${String(error)}`);
}

describe('files', () => {
  it('are uploaded, listed by pages, read and deleted', async () => {
    const first = await upload([request('a')]);
    expect(first).toMatchObject({
      object: 'file',
      filename: 'in.jsonl',
      purpose: 'batch',
      status: 'processed',
    });
    expect(first.bytes).toBe(JSON.stringify(request('a')).length);
    const others = [await upload([request('b')]), await upload([request('c')])];
    const listed: string[] = [];
    for await (const { id } of client.files.list({ limit: 2 })) listed.push(id);
    expect(listed.toSorted()).toEqual([first, ...others].map(({ id }) => id).toSorted());
    expect(await client.files.retrieve(first.id)).toEqual(first);
    expect(await linesOf(first.id)).toEqual([request('a')]);
    expect(await client.files.delete(first.id)).toEqual({ id: first.id, object: 'file', deleted: true });
    expect((await refusal(client.files.retrieve(first.id))).status).toBe(404);
    const names = await readdir(join(server.home, 'batches', 'without-key'));
    expect(names.filter((name) => name.includes(first.id))).toEqual([]);
  });

  it('are kept as long as their upload says', async () => {
    const file = await client.files.create({
      file: await toFile(Buffer.from('x'), 'a.jsonl'),
      purpose: 'batch',
      expires_after: { anchor: 'created_at', seconds: 7200 },
    });
    expect((file.expires_at ?? 0) - file.created_at).toBe(7200);
  });

  it('are refused for other purposes, without a file, and when the form is damaged; nothing of them stays', async () => {
    const wrong = client.files.create({ file: await toFile(Buffer.from('x'), 'a'), purpose: 'fine-tune' });
    expect((await refusal(wrong)).message).toContain('"purpose" must be "batch"');
    const form = (body: string) =>
      server.app.request('/v1/files', {
        method: 'POST',
        headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
        body,
      });
    const field = '--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n';
    const file = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n';
    const behind = `${file}{}\r\n${field.slice(0, -6)}`;
    for (const body of [
      `${field}--b--\r\n`,
      `${field}${file}cut off`,
      '',
      'nothing',
      `${field}${file}`,
      behind,
    ]) {
      expect([body, (await form(body)).status]).toEqual([body, 400]);
    }
    const json = await server.post('/v1/files', { purpose: 'batch' });
    expect(json.status).toBe(400);
    expect(await readdir(join(server.home, 'batches', 'without-key')).catch(() => [])).toEqual([]);
  });

  it('with IDs that are paths are not found', async () => {
    for (const id of ['..%2f..%2fkeys', 'file-%00', 'file-..', 'x'.repeat(5000)]) {
      const missing = await server.app.request(`/v1/files/${id}`);
      expect(missing.status).toBe(404);
      // As OpenAI has it: only a missing model is `model_not_found`.
      expect(await missing.json()).toMatchObject({ error: { type: 'invalid_request_error', code: null } });
      expect((await server.app.request(`/v1/batches/${id}`)).status).toBe(404);
    }
  });
});

describe('a batch', () => {
  it('answers its requests in order, and reports the failed ones apart', async () => {
    const lines = Array.from({ length: 40 }, (_, index) =>
      request(`r${index}`, index === 7 ? { model: 'none' } : {}),
    );
    const begun = await begin(lines);
    expect(begun).toMatchObject({
      object: 'batch',
      status: 'validating',
      endpoint: CHAT,
      metadata: { kind: 'test' },
    });
    const batch = await waitFor(begun.id);
    expect(batch).toMatchObject({
      status: 'completed',
      request_counts: { total: 40, completed: 39, failed: 1 },
    });
    const replies = await linesOf(batch.output_file_id);
    expect(replies.map(({ custom_id: id }) => id)).toEqual(
      lines.map(({ custom_id: id }) => id).filter((id) => id !== 'r7'),
    );
    expect(replies[0]?.response).toMatchObject({
      status_code: 200,
      body: { object: 'chat.completion', choices: [{ message: { content: 'Hello' } }] },
    });
    const errors = await linesOf(batch.error_file_id);
    expect(errors).toMatchObject([{ custom_id: 'r7', response: { status_code: 404 } }]);
    const listed: string[] = [];
    for await (const { id } of client.batches.list({ limit: 1 })) listed.push(id);
    expect(listed).toEqual([batch.id]);
  });

  it('fails with the numbers of the lines that cannot be sent', async () => {
    const batch = await waitFor(
      (await begin([request('a'), request('a'), request('b', {}, '/api/chat')])).id,
    );
    expect(batch.status).toBe('failed');
    expect(batch.errors?.data?.map(({ line, code }) => [line, code])).toEqual([
      [2, 'duplicate_custom_id'],
      [3, 'invalid_url'],
    ]);
    expect(batch.output_file_id).toBeNull();
  });

  it('is refused for unknown files, endpoints and windows', async () => {
    const { id } = await upload([request('a')]);
    const create = (more: object) =>
      server.post('/v1/batches', { input_file_id: id, endpoint: CHAT, completion_window: '24h', ...more });
    const cases: readonly [object, number, string][] = [
      [{ input_file_id: 'file-none' }, 404, 'there is no file'],
      [{ endpoint: '/api/pull' }, 400, 'endpoint'],
      [{ completion_window: '1y' }, 400, 'completion_window'],
      [{ completion_window: '999h' }, 400, 'at most 168h'],
      [{ metadata: { a: 'x'.repeat(600) } }, 400, 'metadata'],
    ];
    for (const [more, status, text] of cases) {
      const reply = await create(more);
      expect([more, reply.status]).toEqual([more, status]);
      expect(await reply.text()).toContain(text);
    }
  });

  it('that is canceled keeps the replies that it has, and cannot be canceled again', async () => {
    server.runner.script = { pieces: ['a'], delayMs: 60_000 };
    const { id } = await begin([request('a'), request('b')]);
    await expect.poll(async () => (await client.batches.retrieve(id)).status).toBe('in_progress');
    await client.batches.cancel(id);
    const batch = await waitFor(id);
    expect(batch).toMatchObject({ status: 'cancelled', output_file_id: null, error_file_id: null });
    expect((await refusal(client.batches.cancel(id))).status).toBe(409);
  });
});
