import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProgressResponse } from '../../api/common.ts';
import { createDeferred } from '../../base/deferred.ts';
import { OllamaClient } from '../../client/client.ts';
import { uploadFiles } from './create-upload.ts';

let folder: string;
const closers: (() => void)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'create-upload-'));
});

afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await rm(folder, { recursive: true });
});

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

async function fileOf(name: string, text: string) {
  await writeFile(join(folder, name), text);
  return { name, path: join(folder, name) };
}

/**
 * @param answer handles uploads
 * @param present the blobs that the server reports
 */
async function clientOf(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
  present: ReadonlySet<string> = new Set(),
) {
  const server = createServer((request, response) => {
    const digest = request.url?.split('/').at(-1) ?? '';
    if (request.method === 'HEAD') response.writeHead(present.has(digest) ? 200 : 404).end();
    else void answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return new OllamaClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** Paths of the files that this process has open. */
async function openFiles(): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd');
  return Promise.all(descriptors.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
}

describe('uploadFiles', () => {
  it('sends every file under its digest, several at a time, and the same content once', async () => {
    const received = new Map<string, string>();
    let running = 0;
    let most = 0;
    const two = createDeferred<void>();
    const client = await clientOf(async (request, response) => {
      most = Math.max(most, ++running);
      if (running === 2) two.resolve();
      const text = await bodyOf(request);
      await two.promise;
      expect(received.has(request.url ?? '')).toBe(false);
      received.set(request.url ?? '', text);
      running--;
      response.writeHead(201).end();
    });
    const files = [
      await fileOf('a', 'one'),
      await fileOf('b', 'two'),
      await fileOf('c', 'three'),
      await fileOf('d', 'one'),
    ];
    const events: ProgressResponse[] = [];
    const report = (event: ProgressResponse) => events.push(event);
    const digests = await uploadFiles(files, { client, report, isLinked: false, streams: 3 });
    expect([...digests].map(([file, digest]) => [file.name, digest]).sort()).toEqual(
      [
        ['a', sha256('one')],
        ['b', sha256('two')],
        ['c', sha256('three')],
        ['d', sha256('one')],
      ].sort(),
    );
    expect(Object.fromEntries(received)).toEqual({
      [`/api/blobs/${sha256('one')}`]: 'one',
      [`/api/blobs/${sha256('two')}`]: 'two',
      [`/api/blobs/${sha256('three')}`]: 'three',
    });
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(3);
    expect(events).toContainEqual({
      status: `copying file ${sha256('two').slice(0, 19)}`,
      digest: sha256('two'),
      total: 3,
      completed: 3,
    });
  });

  it('sends what the server had, and removed with another model while the rest was sent', async () => {
    const present = new Set([sha256('tokenizer'), sha256('config')]);
    const sent: string[] = [];
    const client = await clientOf(async (request, response) => {
      const text = await bodyOf(request);
      sent.push(text);
      present.add(sha256(text));
      if (text === 'weights') present.delete(sha256('tokenizer'));
      response.writeHead(201).end();
    }, present);
    const files = [
      await fileOf('config.json', 'config'),
      await fileOf('tokenizer.json', 'tokenizer'),
      await fileOf('model.safetensors', 'weights'),
    ];
    await uploadFiles(files, { client, report: () => undefined, isLinked: false, streams: 1 });
    expect(sent).toEqual(['weights', 'tokenizer']);
  });

  it('names the file of a broken upload, closes it, and stops the others', async () => {
    const client = await clientOf((request) => {
      request.resume();
      request.once('data', () => request.socket.destroy());
    });
    const files = [await fileOf('broken.gguf', 'x'.repeat(5e6)), await fileOf('later.gguf', 'y')];
    const upload = uploadFiles(files, { client, report: () => undefined, isLinked: false, streams: 1 });
    await expect(upload).rejects.toThrow(
      `${join(folder, 'broken.gguf')}: the connection to the server was lost`,
    );
    await expect.poll(openFiles).not.toContain(join(folder, 'broken.gguf'));
  });

  it("keeps the server's reason and status", async () => {
    const client = await clientOf(async (request, response) => {
      await bodyOf(request);
      response.writeHead(507, { 'Content-Type': 'application/json' }).end('{"error":"no space left"}');
    });
    const files = [await fileOf('big.gguf', 'x')];
    const upload = uploadFiles(files, { client, report: () => undefined, isLinked: false });
    await expect(upload).rejects.toMatchObject({
      status: 507,
      message: `${join(folder, 'big.gguf')}: no space left`,
    });
  });

  it('names a file that was removed', async () => {
    const client = await clientOf((_, response) => response.writeHead(201).end());
    const gone = { name: 'gone', path: join(folder, 'gone') };
    const upload = uploadFiles([gone], { client, report: () => undefined, isLinked: false });
    await expect(upload).rejects.toThrow(`${gone.path}: ENOENT`);
  });
});
