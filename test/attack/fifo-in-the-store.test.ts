/** Named pipes, devices, loops and links to large folders wherever the server reads files. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { runOllama, type TestServer } from '../e2e/support/server-process.ts';
import { post, replyOf, send, sha256 } from '../e2e/support/server-requests.ts';
import { RegistryServer } from '../fakes/servers/registry-server.ts';
import {
  expectOrdinaryAnswer,
  expectToEnd,
  expectUndisturbed,
  startAttackedServer,
} from './support/attacked-server.ts';
import { underAttack } from './support/measure.ts';

/** More than the threads with which Node opens files. */
const PIPES = 8;

let folder: string;
let server: TestServer;
let registry: RegistryServer;
const models = () => join(folder, 'models');
const library = () => join(models(), 'manifests/registry.ollama.ai/library');
const tag = (model: string) => join(library(), model, 'latest');

const start = (env: Record<string, string> = {}) =>
  startAttackedServer({ modelsFolder: models(), env: { HOME: folder, ...env } });

async function makePipe(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await promisify(execFile)('mkfifo', [path]);
}

async function makeLink(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}

beforeAll(async () => {
  registry = await RegistryServer.start();
});
afterAll(() => registry.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-pipes-'));
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

it('manifests that are pipes, devices, loops or links to folders stop nobody, nor the server’s end', async () => {
  server = await start();
  const bad = Array.from({ length: PIPES }, (_, index) => `pipe${index}`);
  for (const model of bad) await makePipe(tag(model));
  await makeLink('/dev/zero', tag('zero'));
  await makeLink('latest', tag('loop'));
  await makeLink('/usr', tag('large'));
  await makeLink('/usr', join(library(), 'folder'));
  await makeLink('/', join(models(), 'manifests', 'root'));
  await makeLink(join(models(), 'manifests'), join(models(), 'manifests', 'again'));
  const all = [...bad, 'zero', 'loop', 'large', 'folder'];
  const report = await underAttack(server, 'pipes, devices and folders as manifests', async () => {
    const lists = Array.from({ length: 4 }, () => send(server, 'GET', '/api/tags', undefined));
    const replies = all.flatMap((model) => [
      post(server, '/api/show', { model }),
      post(server, '/api/generate', { model, prompt: 'x', stream: false }),
      post(server, '/api/copy', { source: model, destination: 'copy' }),
      post(server, '/api/create', { model: 'made', from: model, stream: false }),
      post(server, '/api/push', { model, stream: false }),
    ]);
    const listed = await Promise.all((await Promise.all(lists)).map(replyOf));
    return { listed, statuses: (await Promise.all(replies)).map(({ status }) => status) };
  });
  for (const { body } of report.result.listed)
    expect(body).toMatchObject({ models: [{ name: 'ordinary:latest' }] });
  expect(report.result.statuses.filter((status) => status < 400)).toEqual([]);
  await expectUndisturbed(server, report);
  const skipped = server.output().split('a manifest cannot be used; it is skipped').length - 1;
  // Each pipe, the device, the loop, the large folder, and three links to folders: once, in spite of four lists.
  expect(skipped).toBe(PIPES + 6);
  for (const model of bad) {
    expect(await send(server, 'DELETE', '/api/delete', { model })).toMatchObject({ status: 200 });
  }
  await expectToEnd(server);
});

it('a server starts, serves and stops although every folder that it reads is full of pipes', async () => {
  server = await start();
  await expectToEnd(server);
  const blobs = await readdir(join(models(), 'blobs'));
  const hex = 'a'.repeat(64);
  const strange = [
    join(models(), 'blobs', `sha256-${hex}`),
    join(models(), 'blobs', `sha256-${hex}-partial`),
    ...blobs.map((name) => join(models(), 'links', `${name}.json`)),
    join(models(), 'locks', 'remove'),
    join(models(), 'locks', `use-${'b'.repeat(32)}`),
    join(models(), 'sources', hex),
    join(folder, '.ollama', 'auth.json'),
    join(folder, '.ollama', 'history'),
    join(folder, '.ollama', 'run', '1.json'),
    join(folder, '.ollama', 'kv-cache', hex, `${hex}.state`),
    join(folder, 'server.log'),
  ];
  for (const path of [join(folder, '.ollama', 'id_ed25519'), join(folder, '.ollama', 'id_ed25519.pub')])
    await rm(path, { force: true });
  for (const path of [...strange, join(folder, '.ollama', 'id_ed25519')]) await makePipe(path);
  const config = { OLLAMA_KV_CACHE_BUDGET: '1000000', OLLAMA_LOG_FILE: join(folder, 'server.log') };
  server = await start(config);
  const model = registry.name('pulled');
  registry.publish('pulled', [{ mediaType: 'application/vnd.ollama.image.license', content: 'a licence' }]);
  const report = await underAttack(server, 'pipes in every folder', () =>
    Promise.all([
      post(server, '/api/verify', { stream: false }),
      post(server, '/api/pull', { model, insecure: true, stream: false }),
      send(server, 'HEAD', `/api/blobs/sha256:${hex}`, undefined),
      post(server, '/api/copy', { source: 'ordinary', destination: 'other' }),
      send(server, 'GET', '/health', undefined),
    ]),
  );
  expect(report.result.map(({ status }) => status)).toEqual([200, 200, 404, 200, 200]);
  await expectUndisturbed(server, report);
  await expectToEnd(server);
});

it('a config file that is a pipe is refused at once', async () => {
  server = await start();
  const pipe = join(folder, 'config');
  await makePipe(pipe);
  const { status, stderr } = await runOllama(['list'], { host: server.host, env: { OLLAMA_CONFIG: pipe } });
  expect(status).toBe(1);
  expect(stderr).toContain('is not a file: set OLLAMA_CONFIG to a regular file');
  await expectOrdinaryAnswer(server);
});

it('a blob that becomes a pipe or a device is neither loaded, shown, pushed nor sent to others', async () => {
  server = await start({ OLLAMA_REGISTRY_CACHE: '1' });
  const weights = 'not a model';
  const digest = sha256(weights);
  const model = registry.name('squatted');
  registry.publish('squatted', [{ mediaType: 'application/vnd.ollama.image.license', content: weights }]);
  expect((await post(server, '/api/pull', { model, insecure: true, stream: false })).status).toBe(200);
  const blob = join(models(), 'blobs', digest.replace(':', '-'));
  for (const make of [() => makePipe(blob), () => symlink('/dev/zero', blob), () => symlink('/usr', blob)]) {
    await rm(blob);
    await make();
    const report = await underAttack(server, 'a pipe or device as a blob', () =>
      Promise.all([
        post(server, '/api/show', { model }),
        post(server, '/api/generate', { model, prompt: 'x', stream: false }),
        post(server, '/api/push', { model, insecure: true, stream: false }),
        send(server, 'HEAD', `/api/blobs/${digest}`, undefined),
      ]),
    );
    for (const { status } of report.result) expect(status).toBeGreaterThanOrEqual(400);
    await expectUndisturbed(server, report);
  }
  expect((await post(server, '/api/pull', { model, insecure: true, stream: false })).status).toBe(200);
  await expectToEnd(server);
});
