/** The models folder after a power loss during a pull: data and state files that contradict each other in any way. */
import { randomBytes } from 'node:crypto';
import { readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { encodeRecord, RECORD_LENGTH } from '../../../src/registry/pull/part-state.ts';
import { onBlobs, RegistryServer, sha256 } from '../../fakes/servers/registry-server.ts';
import { bytesIn, missingRanges } from '../support/download-state.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { filesBelow, patience, post, send, sha256OfFile } from '../support/server-requests.ts';

const MIB = 1024 * 1024;
const HOUR_SECONDS = 3600;
/** Three parts of 16, 16 and 8 MiB. */
const weights = randomBytes(40 * MIB);
const digest = sha256(weights);
const parts = [
  { start: 0, end: 16 * MIB },
  { start: 16 * MIB, end: 32 * MIB },
  { start: 32 * MIB, end: 40 * MIB },
];

let registry: RegistryServer;
let server: TestServer;
let model: string;
/** The files of a pull that stopped after half of each part. */
let half: { readonly data: Buffer; readonly state: string };

const blob = () => join(server.modelsFolder, 'blobs', digest.replace(':', '-'));
const manifest = () => join(server.modelsFolder, 'manifests', registry.host, 'library/x/latest');
const pull = () => post(server, '/api/pull', { model, insecure: true, stream: false });
const remove = () => send(server, 'DELETE', '/api/delete', { model });
const verify = () => runOllama(['verify', model], { host: server.host });
const success = { status: 200, body: { status: 'success' } };

beforeAll(async () => {
  registry = await RegistryServer.start();
  registry.publish('x', [{ mediaType: 'application/vnd.ollama.image.model', content: weights }]);
  model = registry.name('x');
  server = await startTestServer();
  let isHalf = true;
  registry.behave(
    onBlobs(registry, (request, response, content) => {
      const range = request.headers.range ?? '';
      if (!isHalf || content.length !== weights.length || range === '') return false;
      const start = Number(/\d+/.exec(range)?.[0]);
      const headers = { 'Content-Range': `${range.replace('=', ' ')}/${content.length}` };
      response.writeHead(206, { ...headers, 'Content-Length': bytesIn(range) });
      response.write(content.subarray(start, start + bytesIn(range) / 2));
      return true;
    }),
  );
  const client = new AbortController();
  const reply = send(server, 'POST', '/api/pull', { model, insecure: true }, { signal: client.signal });
  const missing = async () => (await missingRanges(`${blob()}-partial`, weights.length)).map(bytesIn).join();
  const wanted = [8 * MIB, 8 * MIB, 4 * MIB].join();
  await vi.waitFor(async () => expect(await missing()).toBe(wanted), patience);
  client.abort();
  await expect(reply.then((response) => response.text())).rejects.toThrow(/abort/);
  isHalf = false;
  half = {
    data: await readFile(`${blob()}-partial`),
    state: await readFile(`${blob()}-partial.state`, 'latin1'),
  };
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await registry.close();
});

async function expectWhole(): Promise<void> {
  expect(await sha256OfFile(blob())).toBe(digest);
  expect(await verify()).toMatchObject({ status: 0 });
  expect((await filesBelow(server.modelsFolder)).filter((path) => /partial|\.tmp-/.test(path))).toEqual([]);
}

describe('an unfinished download', () => {
  afterEach(async () => {
    expect((await remove()).status).toBe(200);
  });

  const zeroed = (start: number, end: number) => Buffer.from(half.data).fill(0, start, end);
  const complete = parts.map(({ start, end }) => ({ start, end, completed: end - start }));
  const hashed = complete.map((part) => {
    const hash = sha256(weights.subarray(part.start, part.end)).slice('sha256:'.length);
    return { ...part, hash };
  });
  const torn = (state: string) => `${state.slice(0, 60)}${'\0'.repeat(40)}${state.slice(100)}`;

  it.each<[string, () => { data?: Uint8Array; state?: string | undefined }]>([
    ['zeros in place of data', () => ({ data: zeroed(MIB, 3 * MIB) })],
    ['nothing but zeros', () => ({ data: zeroed(0, half.data.length) })],
    ['zeros to the end of a block', () => ({ data: zeroed(20 * MIB - 4096, 20 * MIB) })],
    ['truncated data', () => ({ data: half.data.subarray(0, 18 * MIB + 5) })],
    ['no data', () => ({ data: new Uint8Array() })],
    ['data longer than the blob', () => ({ data: Buffer.concat([weights, Buffer.alloc(MIB)]) })],
    ['a state that claims to be complete', () => ({ state: complete.map(encodeRecord).join('') })],
    ['a state with the hash of missing data', () => ({ state: hashed.map(encodeRecord).join('') })],
    [
      'that state and data that ends early',
      () => ({ data: half.data.subarray(0, 30 * MIB), state: hashed.map(encodeRecord).join('') }),
    ],
    ['a torn line of the state', () => ({ state: torn(half.state) })],
    ['a state truncated within a line', () => ({ state: half.state.slice(0, 2 * RECORD_LENGTH - 9) })],
    ['a state of zeros', () => ({ state: '\0'.repeat(half.state.length) })],
    ['an empty state', () => ({ state: '' })],
    ['no state', () => ({ state: undefined })],
    ['no state, and truncated data', () => ({ data: half.data.subarray(0, 18 * MIB), state: undefined })],
  ])('with %s becomes the right bytes', async (_, damage) => {
    const found = { ...half, ...damage() };
    await writeFile(`${blob()}-partial`, found.data);
    await rm(`${blob()}-partial.state`, { force: true });
    if (found.state !== undefined) await writeFile(`${blob()}-partial.state`, found.state, 'latin1');
    expect(await pull()).toEqual(success);
    await expectWhole();
  });

  it('that lost one line of its state downloads that part again, and resumes the others', async () => {
    await writeFile(`${blob()}-partial`, half.data);
    await writeFile(`${blob()}-partial.state`, torn(half.state), 'latin1');
    registry.requests.length = 0;
    expect(await pull()).toEqual(success);
    const ranges = registry.requests
      .filter(({ url }) => url.includes(digest))
      .map(({ headers }) => headers.range);
    expect(ranges.sort()).toEqual(
      [
        `bytes=0-${16 * MIB - 1}`,
        `bytes=${24 * MIB}-${32 * MIB - 1}`,
        `bytes=${36 * MIB}-${40 * MIB - 1}`,
      ].sort(),
    );
    await expectWhole();
  });
});

describe('a model', () => {
  it('whose blob is truncated is named by verify, and a pull repairs it', async () => {
    expect(await pull()).toEqual(success);
    for (const size of [0, 17 * MIB]) {
      await truncate(blob(), size);
      const { status, stdout } = await verify();
      expect(status).toBe(1);
      expect(stdout).toContain(`wrong size: ${digest}`);
      expect(await pull()).toEqual(success);
      await expectWhole();
    }
    await rm(blob());
    expect((await verify()).stdout).toContain(`missing: ${digest}`);
    expect(await pull()).toEqual(success);
    await expectWhole();
  });

  it('whose blob contains zeros is named by verify, which says how to repair it', async () => {
    expect(await pull()).toEqual(success);
    await writeFile(blob(), Buffer.from(weights).fill(0, 10 * MIB, 11 * MIB));
    const { status, stdout } = await verify();
    expect(status).toBe(1);
    expect(stdout).toContain(`wrong digest: ${digest}`);
    expect(stdout).toContain('remove the model and pull or create it again');
    expect((await remove()).status).toBe(200);
    expect(await pull()).toEqual(success);
    await expectWhole();
  });

  it.each(['', '\0'.repeat(700), '{"schemaVersion":2,"config":{"dig'])(
    'whose manifest is %j is named by verify, does not affect other models, and a pull repairs it',
    async (content) => {
      expect(await pull()).toEqual(success);
      const whole = await readFile(manifest());
      await writeFile(manifest(), content);
      const { status, stdout } = await runOllama(['verify'], { host: server.host });
      expect(status).toBe(1);
      expect(stdout).toContain(`broken manifest: ${model}`);
      expect((await runOllama(['list'], { host: server.host })).status).toBe(0);
      expect(await post(server, '/api/show', { model })).toMatchObject({
        status: 500,
        body: { error: expect.stringContaining('remove the model and pull or create it again') },
      });
      expect(await pull()).toEqual(success);
      expect(await readFile(manifest())).toEqual(whole);
      await expectWhole();
    },
  );

  it('is unaffected by temporary files that an interrupted write left, and these are removed', async () => {
    expect(await pull()).toEqual(success);
    const temporary = join(dirname(manifest()), `.tmp-${'0'.repeat(16)}`);
    const unfinished = join(server.modelsFolder, 'blobs/sha256-123456789');
    for (const path of [temporary, unfinished]) {
      await writeFile(path, '{"schemaVersion":2,');
      const before = Date.now() / 1000 - 2 * HOUR_SECONDS;
      await utimes(path, before, before);
    }
    const { stdout } = await runOllama(['verify', '--json'], { host: server.host });
    expect(JSON.parse(stdout)).toMatchObject({ status: 'success', checked: 2, broken_manifests: [] });
    expect(await pull()).toEqual(success);
    await using next = await startTestServer({ modelsFolder: server.modelsFolder });
    expect(next.modelsFolder).toBe(server.modelsFolder);
    for (const path of [temporary, unfinished]) await expect(stat(path)).rejects.toThrow('ENOENT');
    await expectWhole();
  });
});
