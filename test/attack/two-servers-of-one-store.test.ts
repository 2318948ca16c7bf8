/** Two servers and a third process change one models folder at once: what a reply has confirmed is not lost. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Store } from '../../src/store/store.ts';
import { startTestServer, type TestServer } from '../e2e/support/server-process.ts';
import { filesBelow, post, replyOf, send } from '../e2e/support/server-requests.ts';
import { RegistryServer } from '../fakes/servers/registry-server.ts';
import { expectUndisturbed, ordinaryModel, startAttackedServer } from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';

const ROUNDS = 15;
/** Hundreds of prunings, without keeping the others from their turns. */
const PRUNE_PAUSE_MS = 20;
/** Several workers use the same texts, so that one removes the blobs that another is about to name. */
const WORKERS = 2;

let folder: string;
let registry: RegistryServer;
let servers: TestServer[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-shared-'));
  registry = await RegistryServer.start();
  for (let worker = 0; worker < 2 * WORKERS; worker++) {
    const layers = ['licence one', 'licence two'].map((content) => ({
      mediaType: 'application/vnd.ollama.image.license',
      content,
    }));
    registry.publish(`pulled${worker}`, layers);
  }
  const first = await startAttackedServer({ modelsFolder: folder });
  servers = [first, await startTestServer({ modelsFolder: folder })];
});
afterAll(async () => {
  for (const server of servers) await server.stop();
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

async function succeed(server: TestServer, path: string, body: unknown): Promise<void> {
  const reply = await post(server, path, body);
  expect({ path, body, reply }).toMatchObject({ reply: { status: 200 } });
  expect(JSON.stringify(reply.body)).not.toContain('"error"');
}

async function remove(server: TestServer, model: string): Promise<void> {
  const reply = await replyOf(await send(server, 'DELETE', '/api/delete', { model }));
  expect({ model, ...reply }).toEqual({ model, status: 200, body: '' });
}

/** All blobs of the model are there: its template and licences are read. */
const isWhole = (server: TestServer, model: string) => succeed(server, '/api/show', { model });

async function createAndCopy(server: TestServer, other: TestServer, worker: number): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const [made, copy] = [`made${worker}:t${round}`, `copy${worker}:t${round}`];
    const system = `text of round ${round % 3}`;
    await succeed(server, '/api/create', { model: made, from: ordinaryModel, system, stream: false });
    await isWhole(other, made);
    await succeed(other, '/api/copy', { source: made, destination: copy });
    await remove(server, made);
    await isWhole(server, copy);
    await remove(other, copy);
  }
}

async function pullAndRemove(server: TestServer, other: TestServer, worker: number): Promise<void> {
  const model = registry.name(`pulled${worker}`);
  for (let round = 0; round < ROUNDS; round++) {
    await succeed(server, '/api/pull', { model, insecure: true, stream: false });
    const reply = await post(other, '/api/show', { model });
    expect(JSON.stringify(reply.body)).toContain('no GGUF weights');
    const verified = await post(other, '/api/verify', { model, stream: false });
    expect(verified.body).toMatchObject({ status: 'success' });
    await remove(other, model);
  }
}

it('creates, copies, pulls, removals and prunings by three processes lose nothing', async () => {
  const [first, second] = servers as [TestServer, TestServer];
  const report = await underAttack(first, 'two servers change one store', async () => {
    let isDone = false;
    const pruning = (async () => {
      const store = new Store(folder);
      // Without a grace: only locks protect what is being added.
      while (!isDone) {
        await store.prune({ graceMs: 0, now: Date.now() + 1000 });
        await pause(PRUNE_PAUSE_MS);
      }
    })();
    const work = [];
    for (let worker = 0; worker < WORKERS; worker++) {
      work.push(createAndCopy(first, second, worker), createAndCopy(second, first, WORKERS + worker));
      work.push(pullAndRemove(first, second, worker), pullAndRemove(second, first, WORKERS + worker));
    }
    const outcomes = await Promise.allSettled(work);
    isDone = true;
    await pruning;
    return outcomes;
  });
  for (const outcome of report.result) if (outcome.status === 'rejected') throw outcome.reason;
  await expectUndisturbed(first, report);
  await expectUndisturbed(second, report);
  for (const server of servers) {
    const verified = await post(server, '/api/verify', { stream: false });
    expect(verified.body).toMatchObject({ status: 'success', broken: [], broken_manifests: [] });
  }
  // Config, weights and manifest of the one model that is left, and nothing else.
  expect(await filesBelow(folder)).toHaveLength(3);
});
