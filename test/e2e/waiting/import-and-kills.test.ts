/** Conversions of safetensors that end early leave nothing behind. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rename, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourceFile } from '../../../src/convert/source-file.ts';
import { skipWithout } from '../../fakes/prerequisites.ts';
import { childrenOf, isRunning } from '../../fakes/processes.ts';
import { uploadFiles, writeLargeFolder } from '../support/import-folders.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { linesOf, patience, post, send, sha256OfFile } from '../support/server-requests.ts';

const run = promisify(execFile);
const HOUR_SECONDS = 3600;
/** Large enough to be interrupted in the middle. */
const MEGABYTES = 800;

let folder: string;
let files: readonly SourceFile[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-and-kills-'));
  files = await writeLargeFolder(join(folder, 'large'), MEGABYTES);
});
afterAll(() => rm(folder, { recursive: true }));

const blobsOf = async ({ modelsFolder }: TestServer) => (await readdir(join(modelsFolder, 'blobs'))).sort();

/** Puts the folder into the store of a server. @returns the request that creates a model of it */
async function prepare(server: TestServer): Promise<Record<string, unknown>> {
  const weights = files.filter(({ name }) => name.endsWith('.safetensors'));
  const digests = await uploadFiles(
    server,
    files.filter((file) => !weights.includes(file)),
  );
  for (const { name } of weights) {
    // A copy of zeros by the file system instead of an upload.
    const [copy] = (await writeLargeFolder(join(folder, 'copy'), MEGABYTES)).filter(
      (file) => file.name === name,
    );
    if (!copy) throw new Error('the folder has no weights');
    const digest = await sha256OfFile(copy.path);
    await rename(copy.path, join(server.modelsFolder, 'blobs', digest.replace(':', '-'))).catch(async () => {
      digests[name] = (await uploadFiles(server, [copy]))[name] ?? '';
    });
    digests[name] ??= digest;
  }
  return { model: 'large', files: digests, quantize: 'q8_0' };
}

async function untilUnderWay(lines: AsyncIterator<Record<string, unknown>>): Promise<void> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error('the conversion finished too soon');
    if (value.error !== undefined) throw new Error(String(value.error));
    if (Number(value.completed) > 0) return;
  }
}

async function convertersOf({ pid }: TestServer): Promise<number[]> {
  const children = await childrenOf(pid);
  const commands = await Promise.all(
    children.map((child) => readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '')),
  );
  return children.filter((_, index) => commands[index]?.includes('convert-main'));
}

describe('a conversion leaves nothing', () => {
  let server: TestServer;
  let request: Record<string, unknown>;
  let before: string[];

  beforeAll(async () => {
    server = await startTestServer();
    request = await prepare(server);
    before = await blobsOf(server);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('when the client disconnects', async () => {
    const controller = new AbortController();
    const response = await send(server, 'POST', '/api/create', request, { signal: controller.signal });
    await untilUnderWay(linesOf(response));
    expect(await convertersOf(server)).toHaveLength(1);
    controller.abort();
    await expect.poll(() => convertersOf(server), patience).toEqual([]);
    await expect.poll(() => blobsOf(server), patience).toEqual(before);
    expect((await post(server, '/api/show', { model: 'large' })).status).toBe(404);
  });

  it('when its process is killed: the error is clear, and the server continues', async () => {
    const lines = linesOf(await send(server, 'POST', '/api/create', request));
    await untilUnderWay(lines);
    for (const pid of await convertersOf(server)) process.kill(pid, 'SIGKILL');
    const rest: Record<string, unknown>[] = [];
    for await (const line of lines) rest.push(line);
    expect(rest.at(-1)).toEqual({
      error: expect.stringMatching(/^the model could not be converted: .*killed by SIGKILL/),
    });
    await expect.poll(() => blobsOf(server), patience).toEqual(before);
    expect((await fetch(`${server.url}/api/version`)).status).toBe(200);
  });

  it('when the server stops', async () => {
    const lines = linesOf(await send(server, 'POST', '/api/create', request));
    await untilUnderWay(lines);
    const converters = await convertersOf(server);
    await server.stop();
    expect(await blobsOf(server)).toEqual(before);
    for (const pid of converters) expect(await isRunning(pid)).toBe(false);
  });
});

it('when its disk fills up meanwhile: the error says so', async (context) => {
  const disk = await mkdtemp(join(tmpdir(), 'ollama-filling-disk-'));
  const isMounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m`, 'tmpfs', disk]).then(
    () => true,
    () => false,
  );
  if (!isMounted) skipWithout('the permission to mount a small disk', context);
  const server = await startTestServer({ modelsFolder: disk });
  try {
    const digests = await uploadFiles(server, await writeLargeFolder(join(folder, 'filling'), MEGABYTES / 4));
    const before = await blobsOf(server);
    const body = { model: 'large', files: digests, quantize: 'f32' };
    const lines = linesOf(await send(server, 'POST', '/api/create', body));
    await untilUnderWay(lines);
    const [converter = 0] = await convertersOf(server);
    process.kill(converter, 'SIGSTOP');
    await run('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=1M']).catch(() => undefined);
    process.kill(converter, 'SIGCONT');
    const rest: Record<string, unknown>[] = [];
    for await (const line of lines) rest.push(line);
    expect(rest.at(-1)).toEqual({ error: expect.stringMatching(/^no space left on device while /) });
    expect(await blobsOf(server)).toEqual(before);
  } finally {
    await server.stop();
    await run('umount', [disk]);
    await rm(disk, { recursive: true });
  }
});

it('when the server is killed, its process ends, and a later start removes the files once they are old', async () => {
  const server = await startTestServer();
  try {
    const request = await prepare(server);
    const before = await blobsOf(server);
    const lines = linesOf(await send(server, 'POST', '/api/create', request));
    await untilUnderWay(lines);
    const converters = await convertersOf(server);
    expect(converters).toHaveLength(1);
    process.kill(server.pid, 'SIGKILL');
    await lines.return(undefined).catch(() => undefined);
    await expect.poll(() => Promise.all(converters.map(isRunning)), patience).toEqual([false]);
    const left = (await blobsOf(server)).filter((name) => !before.includes(name));
    expect(left).toHaveLength(2);
    const old = Date.now() / 1000 - 2 * HOUR_SECONDS;
    for (const name of left) await utimes(join(server.modelsFolder, 'blobs', name), old, old);
    await using next = await startTestServer({ modelsFolder: server.modelsFolder });
    expect(await blobsOf(next)).toEqual(before);
  } finally {
    await server[Symbol.asyncDispose]();
  }
});
