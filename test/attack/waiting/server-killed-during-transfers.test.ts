/** A server that is killed at random moments of a pull or a push loses nothing, and leaves nothing behind in the end. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../e2e/support/server-process.ts';
import {
  createModel,
  filesBelow,
  hashesBelow,
  patience,
  post,
  randomModelBytes,
  send,
  sha256,
} from '../../e2e/support/server-requests.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { FileServer } from '../../fakes/servers/file-server.ts';
import { RegistryServer } from '../../fakes/servers/registry-server.ts';
import { UploadRegistry } from '../../fakes/servers/upload-registry.ts';
import { rounds, seedFrom } from '../../scale.ts';
import { expectOrdinaryAnswer, ordinaryModel } from '../support/attacked-server.ts';

const MIB = 1024 * 1024;
const KILLS = rounds({ change: 4, long: 12, nightly: 60 });
const TIMEOUT_MS = 30_000 * KILLS;
const SEED = seedFrom(17_02);
/** Older than everything that a store keeps for a later pull. */
const LONG_AGO_SECONDS = Date.now() / 1000 - 30 * 24 * 3600;
/** Longest time from the first sign of a transfer to the kill; the shorter transfers are over by then. */
const LATEST_KILL_MS = 500;
const OK = { status: 200, body: { status: 'success' } };

let modelsFolder: string;
/** Files of the model that no transfer concerns. */
let ordinary: Record<string, string>;

beforeEach(async () => {
  modelsFolder = await mkdtemp(join(tmpdir(), 'killed-'));
  await using server = await startTestServer({ modelsFolder });
  await createModel(server, ordinaryModel, await randomModelBytes());
  ordinary = await hashesBelow(modelsFolder);
});
afterEach(() => rm(modelsFolder, { recursive: true, force: true }));

/** Starts a request on a server of its own and kills that server at a random moment. */
async function killDuring(
  random: () => number,
  request: (server: TestServer) => Promise<unknown>,
  begun: () => boolean,
  env: Record<string, string> = {},
): Promise<void> {
  await using server = await startTestServer({ modelsFolder, env });
  const asked = request(server).catch(() => undefined);
  await expect.poll(begun, patience).toBe(true);
  await sleep(random() * LATEST_KILL_MS);
  process.kill(server.pid, 'SIGKILL');
  await asked;
}

/** Makes everything old that a transfer left, and starts a server, which then prunes its store. */
async function expectNothingLeft(): Promise<void> {
  for (const name of await readdir(modelsFolder, { recursive: true }))
    await utimes(join(modelsFolder, name), LONG_AGO_SECONDS, LONG_AGO_SECONDS);
  await using server = await startTestServer({ modelsFolder });
  expect(await hashesBelow(modelsFolder)).toEqual(ordinary);
  await expectOrdinaryAnswer(server);
}

const pulled = async (server: TestServer, model: string) =>
  await send(server, 'POST', '/api/pull', { model, insecure: true }).then((response) => response.text());

it(`a pull, ${KILLS} times (seed ${SEED})`, { timeout: TIMEOUT_MS }, async () => {
  const random = seededRandom(SEED);
  await using registry = await RegistryServer.start();
  const image = 'application/vnd.ollama.image';
  const layers = [MIB, 24 * MIB, 100, 5 * MIB].map((size, index) => ({
    mediaType: index === 1 ? `${image}.model` : `${image}.license`,
    content: randomBytes(size),
  }));
  const manifest = registry.publish('x', layers);
  const model = registry.name('x');
  for (let kill = 0; kill < KILLS; kill += 1) {
    registry.requests.length = 0;
    // Every third pull is fast enough to be killed while it verifies and writes its manifest.
    const env = kill % 3 === 2 ? {} : { OLLAMA_PULL_RATE: '16MiB' };
    await killDuring(
      random,
      (server) => pulled(server, model),
      () => registry.requests.length > 0,
      env,
    );
    expect(await hashesBelow(modelsFolder)).toMatchObject(ordinary);
    if (kill % 4 !== 3) continue;
    // The model is whole or not there, whatever happened to the others before.
    await using server = await startTestServer({ modelsFolder });
    expect(await post(server, '/api/pull', { model, insecure: true, stream: false })).toEqual(OK);
    const files = await hashesBelow(modelsFolder);
    for (const [digest] of registry.blobs) expect(files[`blobs/${digest.replace(':', '-')}`]).toBe(digest);
    const path = `manifests/${registry.host}/library/x/latest`;
    expect(files[path]).toBe(sha256(manifest));
    expect(Object.keys(files).filter((name) => name.includes('partial'))).toEqual([]);
    expect((await send(server, 'DELETE', '/api/delete', { model })).status).toBe(200);
  }
  await expectNothingLeft();
});

it(`a pull of a URL, ${KILLS} times (seed ${SEED})`, { timeout: TIMEOUT_MS }, async () => {
  const random = seededRandom(SEED + 1);
  const weights = await randomModelBytes({ seed: 2 });
  await using files = await FileServer.start({ '/models/fox.gguf': weights });
  const model = files.url('/models/fox.gguf');
  for (let kill = 0; kill < KILLS; kill += 1) {
    files.requests.length = 0;
    const env = { OLLAMA_PULL_RATE: `${Math.max(1, Math.round(weights.length / 256))}KB` };
    await killDuring(
      random,
      (server) => pulled(server, model),
      () => files.requests.length > 0,
      env,
    );
    expect(await hashesBelow(modelsFolder)).toMatchObject(ordinary);
  }
  {
    await using server = await startTestServer({ modelsFolder });
    expect(await post(server, '/api/pull', { model, insecure: true, stream: false })).toEqual(OK);
    expect(await filesBelow(modelsFolder)).toContain(`blobs/${sha256(weights).replace(':', '-')}`);
    const name = `${files.host}/models/fox`;
    expect((await send(server, 'DELETE', '/api/delete', { model: name })).status).toBe(200);
  }
  await expectNothingLeft();
});

it(`a push, ${KILLS} times (seed ${SEED})`, { timeout: TIMEOUT_MS }, async () => {
  const random = seededRandom(SEED + 2);
  const registry = await UploadRegistry.start();
  try {
    const model = `${registry.host}/library/${ordinaryModel}`;
    {
      await using server = await startTestServer({ modelsFolder });
      const copy = await post(server, '/api/copy', { source: ordinaryModel, destination: model });
      expect(copy.status).toBe(200);
    }
    const before = await hashesBelow(modelsFolder);
    const push = { model, insecure: true };
    for (let kill = 0; kill < KILLS; kill += 1) {
      registry.requests.length = 0;
      // The registry forgets what it has, so that each push has everything to send.
      registry.blobs.clear();
      registry.manifests.clear();
      const asked = (server: TestServer) =>
        send(server, 'POST', '/api/push', push).then((response) => response.text());
      await killDuring(
        () => random() / 10,
        asked,
        () => registry.requests.length > 0,
      );
      expect(await hashesBelow(modelsFolder)).toEqual(before);
    }
    await using server = await startTestServer({ modelsFolder });
    expect(await post(server, '/api/push', { ...push, stream: false })).toEqual(OK);
    for (const [key, bytes] of registry.blobs) expect(key.endsWith(`@${sha256(bytes)}`)).toBe(true);
    expect(registry.blobs.size).toBeGreaterThan(1);
    expect(registry.manifests.size).toBe(1);
    expect((await send(server, 'DELETE', '/api/delete', { model })).status).toBe(200);
    expect(await hashesBelow(modelsFolder)).toEqual(ordinary);
  } finally {
    await registry.close();
  }
});
