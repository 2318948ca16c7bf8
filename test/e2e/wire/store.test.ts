import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RegistryServer } from '../../fakes/servers/registry-server.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { filesBelow, patience, post, randomModelBytes, send, sha256 } from '../support/server-requests.ts';

let weights: Uint8Array;
let folder: string;
const ask = (model: string) => ({ model, prompt: 'hi', stream: false, options: { num_predict: 2 } });
const ollama = (server: TestServer, ...args: string[]) => runOllama(args, { host: server.host });
const blob = (server: TestServer) => join(server.modelsFolder, 'blobs', sha256(weights).replace(':', '-'));

beforeAll(async () => {
  weights = await randomModelBytes();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-files-'));
  await writeFile(join(folder, 'mine.gguf'), weights);
  await writeFile(join(folder, 'Modelfile'), 'FROM ./mine.gguf\nSYSTEM Be brief.\n');
});
afterEach(() => rm(folder, { recursive: true }));

const create = (server: TestServer, name: string, ...flags: string[]) =>
  ollama(server, 'create', name, '-f', join(folder, 'Modelfile'), ...flags);

describe('ollama verify', () => {
  it('finds damaged files and reports them with its exit code', async () => {
    await using server = await startTestServer();
    expect(await create(server, 'mine')).toMatchObject({ status: 0 });
    const good = await ollama(server, 'verify');
    expect(good).toMatchObject({ status: 0, stdout: expect.stringContaining('nothing is broken') });
    const damaged = Buffer.from(weights);
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    await writeFile(blob(server), damaged);
    const bad = await ollama(server, 'verify', 'mine');
    expect(bad.status).toBe(1);
    expect(bad.stdout).toContain(`wrong digest: ${sha256(weights)}`);
    expect(bad.stdout).toContain('needed by mine:latest');
    const { status, stdout } = await ollama(server, 'verify', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'failed',
      broken: [{ digest: sha256(weights), problem: 'wrong digest' }],
    });
    expect(await ollama(server, 'verify', 'none')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("model 'none:latest' not found"),
    });
  });
});

describe('ollama create --link', () => {
  it('uses the file in place, reports when it has changed, and keeps it when the model is removed', async () => {
    await using server = await startTestServer();
    const mine = join(folder, 'mine.gguf');
    expect(await create(server, 'mine', '--link')).toMatchObject({ status: 0 });
    expect((await stat(blob(server))).ino).toBe((await stat(mine)).ino);
    expect(await post(server, '/api/generate', ask('mine'))).toMatchObject({ status: 200 });
    expect(await ollama(server, 'verify')).toMatchObject({ status: 0 });
    await utimes(mine, 1, 1);
    expect(await post(server, '/api/generate', ask('mine'))).toMatchObject({
      status: 500,
      body: { error: expect.stringContaining(`the linked file ${mine} has changed`) },
    });
    expect(await ollama(server, 'list')).toMatchObject({ stdout: expect.stringContaining('mine:latest') });
    expect(await ollama(server, 'verify')).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('link: '),
    });
    expect(await create(server, 'mine', '--link')).toMatchObject({ status: 0 });
    expect(await post(server, '/api/generate', ask('mine'))).toMatchObject({ status: 200 });
    expect(await ollama(server, 'rm', 'mine')).toMatchObject({ status: 0 });
    expect(await filesBelow(server.modelsFolder)).toEqual([]);
    expect(await readFile(mine)).toEqual(Buffer.from(weights));
  });

  it('never opens a path from a request, and works only on this machine', async () => {
    await using server = await startTestServer();
    const digest = sha256(weights);
    for (const source of ['/etc/passwd', join(folder, 'mine.gguf'), '/none']) {
      const answer = await post(server, '/api/link', { digest, token: '0'.repeat(32), source });
      expect(answer).toMatchObject({
        status: 404,
        body: { error: expect.stringContaining('no link was found') },
      });
    }
    const forwarded = await post(server, '/api/link', { digest }, { 'X-Forwarded-For': '192.0.2.1' });
    expect(forwarded.status).toBe(403);
  });
});

describe('OLLAMA_MODELS_EXTRA', () => {
  it('lists, shows and runs models of other folders, and leaves the folders unchanged', async () => {
    await using owner = await startTestServer();
    await create(owner, 'theirs');
    const before = await filesBelow(owner.modelsFolder);
    await using server = await startTestServer({ env: { OLLAMA_MODELS_EXTRA: owner.modelsFolder } });
    expect((await ollama(server, 'list')).stdout).toContain('theirs:latest');
    expect(await post(server, '/api/show', { model: 'theirs' })).toMatchObject({
      body: { system: 'Be brief.' },
    });
    expect(await post(server, '/api/generate', ask('theirs'))).toMatchObject({ status: 200 });
    const refused = await ollama(server, 'rm', 'theirs');
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('read-only folder') });
    expect(await ollama(server, 'cp', 'theirs', 'ours')).toMatchObject({ status: 0 });
    const made = { model: 'child', from: 'theirs', system: 'Be long.', stream: false };
    expect(await post(server, '/api/create', made)).toMatchObject({ status: 200 });
    expect(await post(server, '/api/generate', ask('child'))).toMatchObject({ status: 200 });
    await expect(stat(blob(server))).rejects.toThrow('ENOENT');
    await ollama(server, 'rm', 'ours', 'child');
    expect(await filesBelow(owner.modelsFolder)).toEqual(before);
  });
});

describe('two servers of one models folder', () => {
  it('do not remove files that the other server is pulling', async () => {
    const registry = await RegistryServer.start();
    try {
      await using first = await startTestServer();
      await using second = await startTestServer({ modelsFolder: first.modelsFolder });
      await create(first, 'old');
      const more = 'the licence';
      const image = 'application/vnd.ollama.image';
      registry.publish('new', [
        { mediaType: `${image}.model`, content: weights },
        { mediaType: `${image}.license`, content: more },
      ]);
      let isHeldBack = true;
      let asked = 0;
      registry.behave(({ url = '' }, response) => {
        if (!isHeldBack || !url.includes(sha256(more))) return false;
        asked += 1;
        response.writeHead(503).end();
        return true;
      });
      const model = registry.name('new');
      const pulling = post(second, '/api/pull', { model, insecure: true, stream: false });
      await expect.poll(() => asked, patience).toBeGreaterThan(0);
      // The pull has found these weights in the store and relies on them.
      expect(await send(first, 'DELETE', '/api/delete', { model: 'old' })).toMatchObject({ status: 200 });
      expect((await stat(blob(first))).size).toBe(weights.length);
      isHeldBack = false;
      expect(await pulling).toMatchObject({ status: 200, body: { status: 'success' } });
      expect(await ollama(second, 'verify')).toMatchObject({ status: 0 });
    } finally {
      await registry.close();
    }
  });
});
