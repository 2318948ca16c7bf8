import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ollama } from 'ollama';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { breakBlobs, type FakeLayer, RegistryServer } from '../../fakes/servers/registry-server.ts';
import {
  type CommandResult,
  runOllama,
  startTestServer,
  type TestServer,
} from '../support/server-process.ts';
import {
  filesBelow,
  patience,
  post,
  randomModelBytes,
  send,
  sha256,
  sha256OfFile,
} from '../support/server-requests.ts';

const config = {
  model_format: 'gguf',
  model_family: 'llama',
  model_families: ['llama'],
  model_type: '50K',
  file_type: 'F32',
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: [] },
};
const image = 'application/vnd.ollama.image';

let registry: RegistryServer;
let server: TestServer;
let weights: Uint8Array;
let weightsPath: string;

beforeAll(async () => {
  weights = await randomModelBytes();
});
beforeEach(async () => {
  registry = await RegistryServer.start();
  server = await startTestServer();
  weightsPath = `blobs/${sha256(weights).replace(':', '-')}`;
  return async () => {
    await server[Symbol.asyncDispose]();
    await registry.close();
  };
});

const layers = (...more: FakeLayer[]): FakeLayer[] => [
  { mediaType: `${image}.model`, content: weights },
  { mediaType: `${image}.system`, content: 'Be brief.' },
  { mediaType: `${image}.params`, content: '{"num_ctx":128,"stop":["<end>"]}' },
  ...more,
];
const pull = (name: string, ...flags: string[]): Promise<CommandResult> =>
  runOllama(['pull', name, ...flags], { host: server.host });
const pullHere = (model: string) => pull(registry.name(model), '--insecure');
const files = () => filesBelow(server.modelsFolder);
const blobRequests = () =>
  registry.requests.filter(({ url }) => url.includes(sha256(weights))).map(({ headers }) => headers.range);

describe('ollama pull', () => {
  it('downloads a model that runs, stored as Ollama stores it', async () => {
    const manifest = registry.publish('tiny', layers(), config);
    const { status, stderr } = await pullHere('tiny');
    expect({ status, end: stderr.trim().split('\n').at(-1)?.trim() }).toEqual({ status: 0, end: 'success' });
    expect(stderr).toContain(`pulling ${sha256(weights).slice(7, 19)}`);

    const manifestPath = `manifests/${registry.host}/library/tiny/latest`;
    const blobs = [...registry.blobs.keys()].map((digest) => `blobs/${digest.replace(':', '-')}`);
    expect(await files()).toEqual([...blobs, manifestPath].sort());
    expect(await readFile(join(server.modelsFolder, manifestPath))).toEqual(Buffer.from(manifest));
    for (const path of blobs)
      expect(await sha256OfFile(join(server.modelsFolder, path))).toBe(path.slice(6).replace('-', ':'));

    const name = registry.name('tiny');
    const list = await runOllama(['list'], { host: server.host });
    expect(list.stdout).toContain(`${name}    ${sha256(manifest).slice(7, 19)}`);
    const shown = await post(server, '/api/show', { model: name });
    expect(shown.body).toMatchObject({ system: 'Be brief.', details: { parameter_size: '50K' } });
    const ask = { model: name, prompt: 'hi', stream: false, options: { num_predict: 5 } };
    expect(await post(server, '/api/generate', ask)).toMatchObject({ status: 200, body: { done: true } });
  });

  it('serves the official client, with progress and in one piece', async () => {
    registry.publish('tiny', layers(), config);
    const client = new Ollama({ host: server.url });
    const request = { model: registry.name('tiny'), insecure: true };
    const statuses: string[] = [];
    let completed = 0;
    for await (const progress of await client.pull({ ...request, stream: true })) {
      statuses.push(progress.status);
      if (progress.total === weights.length) completed = progress.completed ?? 0;
    }
    expect([statuses[0], statuses.at(-1)]).toEqual(['pulling manifest', 'success']);
    expect(completed).toBe(weights.length);
    expect(await client.pull(request)).toMatchObject({ status: 'success' });
    await expect(client.pull({ ...request, model: registry.name('none') })).rejects.toThrow(/manifest/);
  });

  it('downloads nothing twice, and removes what a newer version no longer uses', async () => {
    registry.publish('tiny', layers({ mediaType: `${image}.license`, content: 'old terms' }), config);
    await pullHere('tiny');
    expect((await pullHere('tiny')).status).toBe(0);
    expect(blobRequests()).toHaveLength(1);
    registry.publish('tiny', layers({ mediaType: `${image}.license`, content: 'new terms' }), config);
    expect((await pullHere('tiny')).status).toBe(0);
    expect(blobRequests()).toHaveLength(1);
    const stored = await files();
    expect(stored).not.toContain(`blobs/${sha256('old terms').replace(':', '-')}`);
    expect(stored).toContain(`blobs/${sha256('new terms').replace(':', '-')}`);
  });

  it('resumes where the connection broke', async () => {
    registry.publish('tiny', layers(), config);
    const third = Math.floor(weights.length / 3);
    registry.behave(breakBlobs(registry, third, 1));
    expect(await pullHere('tiny')).toMatchObject({ status: 0 });
    const [first, second, ...more] = blobRequests();
    expect([first, more]).toEqual([undefined, []]);
    expect(Number(/^bytes=(\d+)-\d+$/.exec(second ?? '')?.[1])).toBeGreaterThan(0);
    expect(await sha256OfFile(join(server.modelsFolder, weightsPath))).toBe(sha256(weights));
  });

  it('resumes where an earlier pull was canceled', async () => {
    registry.publish('tiny', layers(), config);
    const half = Math.floor(weights.length / 2);
    let isStalling = true;
    registry.behave(({ url }, response) => {
      if (!isStalling || !url?.includes(sha256(weights))) return false;
      response.writeHead(200, { 'Content-Length': weights.length }).write(weights.subarray(0, half));
      return true;
    });
    const client = new AbortController();
    const body = { model: registry.name('tiny'), insecure: true };
    const response = await send(server, 'POST', '/api/pull', body, { signal: client.signal });
    await expect.poll(files, patience).toContain(`${weightsPath}-partial`);
    const partial = join(server.modelsFolder, `${weightsPath}-partial`);
    await expect.poll(async () => (await readFile(partial)).length, patience).toBe(half);
    client.abort();
    await expect(response.text()).rejects.toThrow(/abort/);

    isStalling = false;
    expect(await pullHere('tiny')).toMatchObject({ status: 0 });
    expect(blobRequests()).toEqual([undefined, `bytes=${half}-${weights.length - 1}`]);
    expect(await files()).not.toContain(`${weightsPath}-partial`);
    expect(await sha256OfFile(join(server.modelsFolder, weightsPath))).toBe(sha256(weights));
  });

  it('refuses bytes with the wrong sha256, keeps none of them, and can be repeated', async () => {
    registry.publish('tiny', layers(), config);
    const wrong = Uint8Array.from(weights).fill(0, 1000, 1100);
    registry.blobs.set(sha256(weights), wrong);
    const { status, stderr } = await pullHere('tiny');
    expect(status).toBe(1);
    const message = `digest mismatch, file must be downloaded again: want ${sha256(weights)}, got ${sha256(wrong)}`;
    expect(stderr).toContain(`Error: ${message}`);
    expect(
      (await files()).filter((path) => path.startsWith(weightsPath) || path.startsWith('manifests')),
    ).toEqual([]);
    expect((await post(server, '/api/show', { model: registry.name('tiny') })).status).toBe(404);

    registry.blobs.set(sha256(weights), weights);
    expect(await pullHere('tiny')).toMatchObject({ status: 0 });
  });

  it('reports an unknown model in the words that clients look for', async () => {
    const { status, stderr } = await pullHere('nothing');
    expect(status).toBe(1);
    expect(stderr).toContain('Error: pull model manifest: file does not exist');
    const body = { model: registry.name('nothing'), insecure: true, stream: false };
    expect(await post(server, '/api/pull', body)).toEqual({
      status: 500,
      body: { error: 'pull model manifest: file does not exist' },
    });
    expect(await files()).toEqual([]);
  });

  it('does not use plain HTTP unless asked to, and does not hang without a registry', async () => {
    registry.publish('tiny', layers(), config);
    const name = registry.name('tiny');
    const refused = await pull(name);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/Error: pull model manifest: \S/);
    expect(registry.requests).toEqual([]);
    await registry.close();
    const gone = await pull(name, '--insecure');
    expect(gone.status).toBe(1);
    expect(gone.stderr).toMatch(/Error: pull model manifest: .*ECONNREFUSED/);
  });

  it.each([
    ['an HTML page', '<html>sign in</html>'],
    ['an incomplete manifest', '{"schemaVersion":2}'],
    [
      'a manifest whose digest leads out of the folder',
      {
        schemaVersion: 2,
        config: { mediaType: 'x', digest: 'sha256:../../../../tmp/evil', size: 1 },
        layers: [],
      },
    ],
  ])('refuses a registry that sends %s', async (_, manifest) => {
    registry.publishManifest('tiny', manifest);
    const { status, stderr } = await pullHere('tiny');
    expect(status).toBe(1);
    expect(stderr).toMatch(/Error: pull model manifest: invalid manifest/);
    expect(await files()).toEqual([]);
  });
});
