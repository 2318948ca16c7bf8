/** Models that Hugging Face stores in shards, pulled by name with the built server and command line. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { splitGguf } from '../../fakes/models/gguf-shards.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { HuggingFaceServer } from '../../fakes/servers/hugging-face-server.ts';
import { breakBlobs } from '../../fakes/servers/registry-server.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { filesBelow, post, sha256, sha256OfFile } from '../support/server-requests.ts';

const name = 'hf.co/ada/fox:Q4_K_M';
let folder: string;
let whole: Uint8Array;
let shards: Map<string, Uint8Array>;
let hub: HuggingFaceServer;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sharded-models-'));
  const path = join(folder, 'whole.gguf');
  await writeRandomModel(path);
  whole = await readFile(path);
  shards = await splitGguf(path, 'fox-Q4_K_M', 4);
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  hub = await HuggingFaceServer.start();
  server = await startTestServer({ env: { OLLAMA_REGISTRY_MIRRORS: `hf.co=${hub.url}` } });
  return async () => {
    await server[Symbol.asyncDispose]();
    await hub[Symbol.asyncDispose]();
  };
});

const pull = () => runOllama(['pull', name], { host: server.host });

describe('ollama pull of a model in shards', () => {
  it('downloads a model that runs, as one file, and only once', async () => {
    hub.add(shards, 'Q4_K_M/');
    const { status, stderr } = await pull();
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stderr).toContain('merging 4 shards');
    expect(stderr.trim().split('\n').at(-1)).toBe('success');
    const weights = `blobs/${sha256(whole).replace(':', '-')}`;
    expect(await sha256OfFile(join(server.modelsFolder, weights))).toBe(sha256(whole));
    const files = await filesBelow(server.modelsFolder);
    expect(files).toContain('manifests/hf.co/ada/fox/Q4_K_M');
    for (const shard of shards.values())
      expect(files).not.toContain(`blobs/${sha256(shard).replace(':', '-')}`);

    const ask = { model: name, prompt: 'hi', stream: false, options: { num_predict: 5 } };
    expect(await post(server, '/api/generate', ask)).toMatchObject({ status: 200, body: { done: true } });
    const fetched = hub.storage.requests.length;
    expect((await pull()).status).toBe(0);
    expect(hub.storage.requests).toHaveLength(fetched);
    expect(await filesBelow(server.modelsFolder)).toEqual(files);
  });

  it('resumes where a connection broke', async () => {
    hub.add(shards);
    hub.storage.behave(breakBlobs(hub.storage, 2000, 2));
    expect(await pull()).toMatchObject({ status: 0 });
    const ranges = hub.storage.requests.map(({ headers }) => headers.range).filter((range) => range);
    expect(ranges).toHaveLength(2);
  });

  it('serves as the base of another model', async () => {
    hub.add(shards);
    const request = { model: 'mine', from: name, system: 'Be brief.', stream: false };
    expect(await post(server, '/api/create', request)).toMatchObject({
      status: 200,
      body: { status: 'success' },
    });
    const shown = await post(server, '/api/show', { model: 'mine' });
    expect(shown.body).toMatchObject({ system: 'Be brief.' });
  });
});
