/** A GGUF file on an ordinary web server, used as the source of a model. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeGguf } from '../../../src/gguf/writer.ts';
import { FileServer } from '../../fakes/servers/file-server.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import {
  filesBelow,
  patience,
  post,
  randomModelBytes,
  send,
  sha256,
  sha256OfFile,
} from '../support/server-requests.ts';

const MIB = 1024 * 1024;
const PATH = '/models/tiny.gguf';

let weights: Uint8Array;
let files: FileServer;
let server: TestServer;

beforeAll(async () => {
  weights = await randomModelBytes();
});
beforeEach(async () => {
  files = await FileServer.start({ [PATH]: weights });
  server = await startTestServer();
  return async () => {
    await server[Symbol.asyncDispose]();
    await files[Symbol.asyncDispose]();
  };
});

const ollama = (...args: string[]) => runOllama(args, { host: server.host });
const blobPath = (bytes: Uint8Array) => `blobs/${sha256(bytes).replace(':', '-')}`;
const failure = async (response: Response) => ({ status: response.status, body: await response.text() });

/** A well-formed file of many megabytes that no engine can run. */
function largeModel(): Uint8Array {
  const data = randomBytes(48 * MIB);
  return encodeGguf({
    metadata: {
      'general.architecture': { type: 'string', value: 'llama' },
      'llama.block_count': { type: 'u32', value: 1 },
    },
    tensors: [{ name: 'output_norm.weight', shape: [data.length / 4], type: 0, data }],
    littleEndian: true,
  });
}

describe('a URL', () => {
  it('is pulled under a name made from the URL, and answers', async () => {
    const { status, stderr } = await ollama('pull', files.url(PATH), '--insecure');
    expect(stderr).toContain('pulling tiny.gguf');
    expect(status).toBe(0);
    const model = `${files.host}/models/tiny:latest`;
    const { models } = (await (await fetch(`${server.url}/api/tags`)).json()) as {
      models: { name: string }[];
    };
    expect(models.map(({ name }) => name)).toEqual([model]);
    expect(await sha256OfFile(join(server.modelsFolder, blobPath(weights)))).toBe(sha256(weights));
    const reply = await post(server, '/api/generate', {
      model,
      prompt: 'a',
      stream: false,
      options: { num_predict: 2 },
    });
    expect(reply.body).toMatchObject({ done: true });
  });

  it('can be run directly, and the second time without the web server', async () => {
    const first = await ollama('run', files.url(PATH), 'a', '--insecure');
    expect(first).toMatchObject({ status: 0 });
    files.requests.length = 0;
    expect(await ollama('run', files.url(PATH), 'a')).toMatchObject({ status: 0 });
    expect(files.requests).toEqual([]);
  });

  it('without https requires insecure, also in FROM', async () => {
    const refused = await failure(await send(server, 'POST', '/api/pull', { model: files.url(PATH) }));
    expect(refused).toMatchObject({ status: 400, body: expect.stringContaining('is not encrypted') });
    const folder = await mkdtemp(join(tmpdir(), 'url-source-'));
    try {
      await writeFile(join(folder, 'Modelfile'), `FROM ${files.url(PATH)}\nSYSTEM Be brief.\n`);
      const create = () => ollama('create', 'mine', '-f', join(folder, 'Modelfile'));
      const { status, stderr } = await create();
      expect({ status, stderr }).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('is not encrypted'),
      });
      expect(files.requests).toEqual([]);
      await ollama('pull', files.url(PATH), '--insecure');
      expect(await create()).toMatchObject({ status: 0 });
      const shown = await post(server, '/api/show', { model: 'mine' });
      expect(shown.body).toMatchObject({ system: 'Be brief.' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    ['a web page', 'text/html; charset=utf-8', '<!doctype html>'.padEnd(5000), 'is a web page'],
    ['another kind of file', 'application/octet-stream', 'PK'.padEnd(5000), 'is not a GGUF file'],
    ['an empty file', 'application/octet-stream', '', 'is not a GGUF file'],
  ])('of %s is refused after its first bytes', async (_, type, content, message) => {
    files.behave((_request, response) => {
      response.writeHead(200, { 'Content-Type': type, 'Content-Length': content.length }).end(content);
      return true;
    });
    const refused = await failure(
      await send(server, 'POST', '/api/pull', { model: files.url(PATH), insecure: true }),
    );
    expect(refused).toMatchObject({ status: 400, body: expect.stringContaining(message) });
    expect(files.requests).toHaveLength(1);
    expect(await filesBelow(server.modelsFolder)).toEqual([]);
  });

  it('of a truncated GGUF file is refused, and nothing is kept', async () => {
    files.files.set(PATH, weights.subarray(0, weights.length - 1000));
    const { status, stderr } = await ollama('pull', files.url(PATH), '--insecure');
    expect(status).toBe(1);
    expect(stderr).toContain('invalid GGUF file');
    expect((await filesBelow(server.modelsFolder)).filter((path) => path.startsWith('blobs'))).toEqual([]);
  });
});

it('a token stored for a host is not sent to the host that it redirects to', async () => {
  const home = await mkdtemp(join(tmpdir(), 'url-source-home-'));
  await using storage = await FileServer.start({ '/stored': weights });
  files.behave((request, response) => {
    if (request.headers.authorization === 'Bearer hidden') {
      response.writeHead(302, { Location: storage.url('/stored') }).end();
    } else response.writeHead(401, { 'WWW-Authenticate': 'Bearer' }).end();
    return true;
  });
  try {
    await using own = await startTestServer({ env: { HOME: home } });
    const login = await runOllama(['login', files.host, '--password-stdin'], {
      host: own.host,
      input: 'hidden\n',
      env: { HOME: home },
    });
    expect(login.status).toBe(0);
    const body = { model: files.url(PATH), insecure: true, stream: false };
    expect(await (await send(own, 'POST', '/api/pull', body)).json()).toEqual({ status: 'success' });
    expect(storage.requests.length).toBeGreaterThan(0);
    expect(storage.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    expect(own.output()).not.toContain('hidden');
  } finally {
    await rm(home, { recursive: true });
  }
});

it('a killed server resumes its download after a restart, but starts again if the file has changed', async () => {
  const [before, after] = [largeModel(), largeModel()];
  files.files.set(PATH, before);
  const modelsFolder = await mkdtemp(join(tmpdir(), 'url-killed-'));
  const body = { model: files.url(PATH), insecure: true, stream: false };
  const killedPull = async () => {
    files.requests.length = 0;
    await using killed = await startTestServer({ modelsFolder, env: { OLLAMA_PULL_RATE: '16MiB' } });
    const reply = send(killed, 'POST', '/api/pull', body).catch(() => undefined);
    await expect.poll(() => files.ranges(), patience).not.toEqual([]);
    await sleep(700);
    process.kill(killed.pid, 'SIGKILL');
    await reply;
  };
  const bytesAsked = () =>
    files.ranges().reduce((sum, range) => {
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
      return sum + Number(last) + 1 - Number(first);
    }, 0);
  const pulled = async () => {
    files.requests.length = 0;
    await using again = await startTestServer({ modelsFolder });
    expect(await (await send(again, 'POST', '/api/pull', body)).json()).toEqual({ status: 'success' });
  };
  try {
    await killedPull();
    await pulled();
    expect(bytesAsked()).toBeLessThan(before.length - MIB);
    expect(await sha256OfFile(join(modelsFolder, blobPath(before)))).toBe(sha256(before));

    files.files.set(PATH, largeModel());
    await killedPull();
    files.files.set(PATH, after);
    await pulled();
    expect(bytesAsked()).toBe(after.length);
    expect(await sha256OfFile(join(modelsFolder, blobPath(after)))).toBe(sha256(after));
  } finally {
    await rm(modelsFolder, { recursive: true, force: true });
  }
});
