/** Servers and clients that are killed while they copy files: after the grace, nothing is left of it. */
import { randomBytes } from 'node:crypto';
import { lutimes, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../e2e/support/server-process.ts';
import { patience, post, sha256, upload } from '../e2e/support/server-requests.ts';
import { splitGguf } from '../fakes/models/gguf-shards.ts';
import { writeRandomModel } from '../fakes/models/random-model.ts';
import { onBlobs, RegistryServer } from '../fakes/servers/registry-server.ts';
import { expectOrdinaryAnswer, startAttackedServer } from './support/attacked-server.ts';

const MIB = 1024 * 1024;
/** Longer than every grace, in seconds. */
const AGE = 9 * 24 * 3600;

let folder: string;
let server: TestServer;
let registry: RegistryServer;
const models = () => join(folder, 'models');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-killed-'));
  registry = await RegistryServer.start();
});
afterEach(async () => {
  await server.stop();
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

/** Every entry that is not a folder, links included; without the key, the usage and the notes on running processes. */
async function entries(): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/id_ed25519(\.pub)?$|\/run\/\d+\.json$|\/\.ollama\/usage\//.test(path))
    .sort();
}

async function killAndAge(): Promise<void> {
  process.kill(server.pid, 'SIGKILL');
  await server.stop();
  const then = Date.now() / 1000 - AGE;
  for (const path of await entries()) await lutimes(path, then, then);
}

/** Sends half of a blob and waits until the server has begun to write it. */
async function halfUpload(): Promise<void> {
  const content = randomBytes(4 * MIB);
  const headers = { 'Content-Length': String(2 * content.length) };
  const outgoing = request(`${server.url}/api/blobs/${sha256(content)}`, {
    method: 'POST',
    headers,
    agent: false,
  });
  outgoing.on('error', () => undefined);
  outgoing.write(content);
  await expect
    .poll(async () => (await entries()).some((path) => /sha256-\d{1,15}$/.test(path)), patience)
    .toBe(true);
}

/** Begins a pull that gets half of its bytes. */
async function halfPull(): Promise<void> {
  const content = randomBytes(2 * MIB);
  registry.publish('x', [{ mediaType: 'application/vnd.ollama.image.model', content }]);
  registry.behave(
    onBlobs(registry, (_request, response, bytes) => {
      if (bytes.length !== content.length) return false;
      response.writeHead(200, { 'Content-Length': bytes.length });
      response.write(bytes.subarray(0, MIB));
      return true;
    }),
  );
  void post(server, '/api/pull', { model: registry.name('x'), insecure: true, stream: false }).catch(
    () => undefined,
  );
  await expect
    .poll(async () => (await entries()).some((path) => path.endsWith('-partial')), patience)
    .toBe(true);
}

/** Merges shards again and again until the server is killed. */
async function mergeForever(): Promise<void> {
  const path = join(folder, 'whole.gguf');
  await writeRandomModel(path, { layers: 8, embedding: 256 });
  const files: Record<string, string> = {};
  for (const [name, bytes] of await splitGguf(path, 'model', 3)) files[name] = await upload(server, bytes);
  await rm(path);
  void post(server, '/api/create', { model: 'merged', files, stream: false }).catch(() => undefined);
}

it('uploads, pulls, merges and links that are cut off by kill -9 leave nothing after the grace', async () => {
  server = await startAttackedServer({ modelsFolder: models(), env: { HOME: folder } });
  const whole = await entries();
  await halfUpload();
  await halfPull();
  await mergeForever();
  // A client that was killed after it had made its link.
  await writeFile(join(folder, 'users.gguf'), 'x');
  await symlink(join(folder, 'users.gguf'), join(models(), 'blobs', `link-${'a'.repeat(32)}`));
  await rm(join(folder, 'users.gguf'));
  await killAndAge();
  expect((await entries()).length).toBeGreaterThan(whole.length + 3);
  server = await startTestServer({ modelsFolder: models(), env: { HOME: folder } });
  await expect.poll(entries, patience).toEqual(whole);
  await expectOrdinaryAnswer(server);
});

it('a server killed at any moment of a series of copies and creates leaves a store without a fault', async () => {
  server = await startAttackedServer({ modelsFolder: models(), env: { HOME: folder } });
  for (let round = 0; round < 4; round++) {
    const work = Array.from({ length: 6 }, async (_, index) => {
      for (let count = 0; ; count++) {
        const model = `m${index}:t${count}`;
        await post(server, '/api/create', { model, from: 'ordinary', system: `${model}`, stream: false });
        await post(server, '/api/copy', { source: model, destination: `copy${index}:t${count}` });
      }
    });
    const ended = Promise.allSettled(work);
    await new Promise((resolve) => setTimeout(resolve, 300 + 170 * round));
    await killAndAge();
    await ended;
    server = await startTestServer({ modelsFolder: models(), env: { HOME: folder } });
    const { body } = await post(server, '/api/verify', { stream: false });
    expect(body).toMatchObject({ status: 'success', broken: [], broken_manifests: [] });
    expect((await entries()).filter((path) => /\.tmp-|sha256-\d{1,15}$|locks\//.test(path))).toEqual([]);
    await expectOrdinaryAnswer(server);
  }
});
