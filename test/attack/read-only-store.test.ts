/** A models folder that cannot be written, and files that disappear while they are used. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HealthResponse } from '../../src/api/health.ts';
import { startTestServer, type TestServer } from '../e2e/support/server-process.ts';
import { createModel, post, randomModelBytes, send, sha256 } from '../e2e/support/server-requests.ts';
import { skipWithout } from '../fakes/prerequisites.ts';
import { RegistryServer } from '../fakes/servers/registry-server.ts';
import {
  expectOrdinaryAnswer,
  expectToEnd,
  expectUndisturbed,
  ordinaryModel,
  startAttackedServer,
} from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';

const run = promisify(execFile);

let folder: string;
let server: TestServer;
let registry: RegistryServer;

const health = async () => {
  const response = await fetch(`${server.url}/health`);
  const { checks } = (await response.json()) as HealthResponse;
  return { status: response.status, detail: (name: string) => checks.find((it) => it.name === name)?.detail };
};
const error = (text: string) => ({ body: { error: expect.stringContaining(text) } });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-read-only-'));
  registry = await RegistryServer.start();
});
afterEach(async () => {
  await server?.stop();
  await registry.close();
  await run('umount', [folder]).catch(() => undefined);
  await rm(folder, { recursive: true, force: true });
});

describe('on a disk that becomes read-only', () => {
  beforeEach(async (context) => {
    const isMounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', folder]).then(
      () => true,
      () => false,
    );
    if (!isMounted) skipWithout('the permission to mount a small disk', context);
    server = await startAttackedServer({ modelsFolder: folder });
    await run('mount', ['-o', 'remount,ro', folder]);
  });

  const changes = () => [
    post(server, '/api/pull', { model: registry.name('pulled'), insecure: true, stream: false }),
    post(server, '/api/create', { model: 'made', from: ordinaryModel, system: 'x', stream: false }),
    post(server, '/api/copy', { source: ordinaryModel, destination: 'copy' }),
    send(server, 'POST', `/api/blobs/${sha256('x')}`, 'x').then(async (reply) => ({
      status: reply.status,
      body: await reply.json(),
    })),
    send(server, 'DELETE', '/api/delete', { model: ordinaryModel }).then(async (reply) => ({
      status: reply.status,
      body: await reply.json(),
    })),
  ];

  it('models can be used, changes name what cannot be written, and health tells it', async () => {
    registry.publish('pulled', [
      { mediaType: 'application/vnd.ollama.image.license', content: randomBytes(1000).toString('hex') },
    ]);
    const report = await underAttack(server, 'changes of a read-only store', () => Promise.all(changes()));
    for (const reply of report.result) {
      expect(reply.status).toBe(500);
      expect(reply).toMatchObject(error(`cannot write ${folder}`));
      expect(reply).toMatchObject(error('the disk is read-only: make it writable'));
    }
    await expectUndisturbed(server, report);
    const { status, detail } = await health();
    expect(status).toBe(200);
    expect(detail('models folder')).toBe(
      'read-only: models can be used, but not pulled, created, copied or deleted',
    );
  });

  it('a server starts, says so, serves and stops', async () => {
    await expectToEnd(server);
    await run('mount', ['-o', 'remount,rw', folder]);
    await rm(join(folder, 'locks'), { recursive: true, force: true });
    await run('mount', ['-o', 'remount,ro', folder]);
    server = await startTestServer({ modelsFolder: folder });
    await expectOrdinaryAnswer(server);
    for (const reply of await Promise.all(changes())) expect(reply.status).toBe(500);
    expect((await health()).detail('models folder')).toContain('read-only');
    await expectToEnd(server);
  });
});

describe('a blob that is removed', () => {
  beforeEach(async () => {
    server = await startAttackedServer({ modelsFolder: folder });
  });
  const blobOf = (content: Uint8Array | string) => join(folder, 'blobs', sha256(content).replace(':', '-'));

  it('while its model is loaded: the model still answers, its next load names the file, and health tells it', async () => {
    await rm(blobOf(await randomModelBytes()));
    await expectOrdinaryAnswer(server);
    const listed = await (await fetch(`${server.url}/api/tags`)).json();
    expect(listed).toMatchObject({ models: [{ name: `${ordinaryModel}:latest` }] });
    await post(server, '/api/generate', { model: ordinaryModel, keep_alive: 0 });
    const digest = sha256(await randomModelBytes());
    const file = digest.replace(':', '-');
    expect(
      await post(server, '/api/generate', { model: ordinaryModel, prompt: 'x', stream: false }),
    ).toMatchObject(error(`the model's file ${file} does not exist: pull or create the model again`));
    const { status: healthy, detail } = await health();
    expect(healthy).toBe(200);
    expect(detail('model files')).toContain(`cannot be loaded: ${ordinaryModel}:latest: pull or create`);
    await server.stop();
    server = await startTestServer({ modelsFolder: folder });
    for (const path of ['/api/generate', '/api/show']) {
      const reply = await post(server, path, { model: ordinaryModel, prompt: 'x', stream: false });
      expect(reply).toMatchObject(error(`blob "${digest}" not found: pull or create the model again`));
    }
    await createModel(server, ordinaryModel, await randomModelBytes());
    await expectOrdinaryAnswer(server);
  });

  it('again and again during loads, lists and shows: errors, and no end of the server', async () => {
    const models = Array.from({ length: 4 }, (_, index) => `m${index}`);
    const bytes = await Promise.all(models.map((_, seed) => randomModelBytes({ seed: seed + 2 })));
    for (const [index, model] of models.entries())
      await createModel(server, model, bytes[index] ?? new Uint8Array());
    const report = await underAttack(server, 'blobs removed during loads', async () => {
      const replies = models.flatMap((model, index) => [
        post(server, '/api/generate', { model, prompt: 'x', stream: false, options: { num_predict: 1 } }),
        post(server, '/api/show', { model }),
        fetch(`${server.url}/api/tags`),
        rm(blobOf(bytes[index] ?? ''), { force: true }).then(() => ({ status: 200 })),
        post(server, '/api/generate', { model, prompt: 'y', stream: false, options: { num_predict: 1 } }),
      ]);
      return (await Promise.all(replies)).map(({ status }) => status);
    });
    expect(report.result.filter((status) => status !== 200 && status !== 500)).toEqual([]);
    await expectUndisturbed(server, report);
  });

  it('before or during a push: the push names it, and nothing is published', async () => {
    const model = registry.name('pushed');
    await createModel(server, model, await randomModelBytes());
    const blob = blobOf(await randomModelBytes());
    let isRemoved = false;
    registry.behave(({ method }) => {
      if (method === 'HEAD' && !isRemoved) {
        isRemoved = true;
        void rm(blob);
      }
      return false;
    });
    const push = () => post(server, '/api/push', { model, insecure: true, stream: false });
    await push();
    await expect.poll(push, { timeout: 10_000 }).toMatchObject(error(sha256(await randomModelBytes())));
    expect(await push()).toMatchObject(error('pull or create the model again'));
  });
});
