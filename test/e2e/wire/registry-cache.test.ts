/** A server that pulls models from another machine's server. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, filesBelow, post, sha256OfFile } from '../support/server-requests.ts';

let giver: TestServer;
let taker: TestServer;

beforeAll(async () => {
  giver = await startTestServer({ env: { OLLAMA_REGISTRY_CACHE: '1' } });
  taker = await startTestServer();
  await createModel(giver, 'smol', inject('smolModelPath'), { system: 'Be brief.' });
});
afterAll(async () => {
  await taker[Symbol.asyncDispose]();
  await giver[Symbol.asyncDispose]();
});

it('pulls a model from another server, identical byte for byte, and runs it', async () => {
  const name = `${giver.host}/library/smol`;
  const pulled = await runOllama(['pull', '--insecure', name], { host: taker.host });
  expect(pulled).toMatchObject({ status: 0, stderr: expect.stringContaining('success') });
  const blobs = (await filesBelow(join(giver.modelsFolder, 'blobs'))).sort();
  expect(await filesBelow(join(taker.modelsFolder, 'blobs'))).toEqual(blobs);
  for (const blob of blobs) {
    expect(await sha256OfFile(join(taker.modelsFolder, 'blobs', blob))).toBe(blob.replace('-', ':'));
  }
  const manifests = join(giver.modelsFolder, 'manifests');
  const [manifest = ''] = await filesBelow(manifests);
  const copy = join(taker.modelsFolder, 'manifests', giver.host, 'library', 'smol', 'latest');
  expect(await readFile(copy)).toEqual(await readFile(join(manifests, manifest)));
  const options = { num_predict: 2, temperature: 0 };
  const reply = await post(taker, '/api/generate', { model: name, prompt: 'Hi', stream: false, options });
  expect(reply).toMatchObject({ status: 200, body: { done: true } });
});

it('reports a model that exists nowhere', async () => {
  const reply = await post(taker, '/api/pull', {
    model: `${giver.host}/library/no-such-model`,
    insecure: true,
    stream: false,
  });
  expect(reply).toEqual({ status: 500, body: { error: 'pull model manifest: file does not exist' } });
}, 120_000);
