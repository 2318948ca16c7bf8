import { readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterEach, describe, expect, it } from 'vitest';
import { type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';
import type { ShowResponse } from '../../api/show.ts';
import { silentLogger } from '../../base/logger.ts';
import { textWithoutPaths } from '../reply/without-paths.ts';
import type { ServerEnvironment } from '../server-parts.ts';
import { pathPrivacy } from './path-privacy.ts';

/** Marks a request as one that a proxy forwards from another machine. */
const remote = { 'X-Forwarded-For': '192.0.2.7' };

describe('textWithoutPaths', () => {
  it.each([
    [
      "ENOENT: no such file or directory, open '/data/my models/a b.gguf'",
      "ENOENT: no such file or directory, open '…/a b.gguf'",
    ],
    ['the linked file /data/a.gguf has changed', 'the linked file …/a.gguf has changed'],
    ['/etc/ollama/key: bad', '…/key: bad'],
    [
      'no space while writing /home/ann lee/models/blobs/x: free some',
      'no space while writing …/blobs/x: free some',
    ],
    ['(/a/b) and =/c/d/', '(…/b) and =…/d'],
  ])('shortens %s', (text, expected) => {
    expect(textWithoutPaths(text, ['/home/ann lee/models'])).toBe(expected);
  });

  it.each([
    'it is a reranker: use /api/rerank',
    'upload it first with POST /api/blobs/sha256:1',
    'https://registry.example/v3/x failed',
    'model library/a:b, 5/6 or and/or',
    'use /v1/models and /health?live',
  ])('leaves %s', (text) => {
    expect(textWithoutPaths(text, ['/srv/models'])).toBe(text);
  });
});

describe('a client on another machine', () => {
  let server: ScriptServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  it('gets the reason of a failed check without the path, which the log keeps', async () => {
    server = await startScriptServer();
    await rm(server.modelsFolder, { recursive: true });
    const ask = async (headers: Record<string, string>) => {
      const response = await server?.app.request('/health', { headers });
      return { status: response?.status, text: await response?.text() };
    };
    const [near, far] = [await ask({}), await ask(remote)];
    expect([near.status, far.status]).toEqual([503, 503]);
    expect(near.text).toContain(server.modelsFolder);
    expect(far.text).not.toContain(server.modelsFolder);
    expect(far.text).toContain('ENOENT');
    const told = server.lines.filter(({ message }) => message.includes('without its paths'));
    expect(JSON.stringify(told)).toContain(server.modelsFolder);
  });

  it('gets a Modelfile that names the model, not its files', async () => {
    server = await startScriptServer();
    await server.addModel('m');
    const show = async (headers: Record<string, string>) => {
      const response = await server?.post('/api/show', { model: 'm' }, headers);
      const shown = (await response?.json()) as ShowResponse | undefined;
      return shown?.modelfile;
    };
    expect(await show({})).toContain(`\nFROM ${server.modelsFolder}`);
    const far = await show(remote);
    expect(far).toContain('\nFROM m:latest\n');
    expect(far).not.toContain(server.modelsFolder);
  });

  it('gets the files that a check of the store found broken by their names', async () => {
    server = await startScriptServer();
    await server.addModel('m');
    const [blob = ''] = await readdir(server.store.blobs.folder);
    await rm(join(server.store.blobs.folder, blob));
    for (const stream of [true, false]) {
      const text = await (await server.post('/api/verify', { stream }, remote)).text();
      expect(text).toContain('does not exist');
      expect(text).not.toContain(server.modelsFolder);
    }
  });
});

describe('streams', () => {
  const app = new Hono<ServerEnvironment>();
  app.use(pathPrivacy([homedir()], silentLogger));
  const body = (pieces: string[]) =>
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(Buffer.from(piece));
        controller.close();
      },
    });
  const answer = '{"response":"it is in /etc/passwd"}\n';
  app.get('/lines', () => {
    const headers = { 'Content-Type': 'application/x-ndjson' };
    return new Response(body([answer, '{"error":"cannot read /srv/x/y.gguf"}\n']), { headers });
  });
  app.get('/events', () => {
    const headers = { 'Content-Type': 'text/event-stream; charset=utf-8' };
    const error = '{"type":"error","error":{"message":"cannot read /srv/x/y.gguf"}}';
    const pieces = [`data: ${answer}\n`, `event: error\ndata: ${error}\n\n`, `data: ${error}\n\n`];
    return new Response(body(pieces), { headers });
  });

  it('lose the paths of their errors, and nothing of an answer', async () => {
    const lines = await (await app.request('/lines', { headers: remote })).text();
    expect(lines).toBe(`${answer}{"error":"cannot read …/y.gguf"}\n`);
    const events = await (await app.request('/events', { headers: remote })).text();
    expect(events).toContain(`data: ${answer}`);
    expect(events.match(/cannot read …\/y\.gguf/g)).toHaveLength(2);
    expect(events).not.toContain('/srv');
    expect(await (await app.request('/lines')).text()).toContain('/srv/x/y.gguf');
  });
});
