import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ModelName } from '../names/model-name.ts';
import { encodeManifest, MANIFEST_MEDIA_TYPE, mediaTypes } from './manifest.ts';
import { Store } from './store.ts';
import { type VerifyProgress, verifyStore } from './verify.ts';

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-'));
  store = new Store(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const { signal } = new AbortController();

async function addModel(model: string, ...weights: string[]) {
  const config = await store.blobs.writeText(`config of ${model}`);
  const layers = await Promise.all(weights.map((text) => store.blobs.writeText(text)));
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    config: { mediaType: mediaTypes.config, digest: config.digest, size: config.size },
    layers: layers.map(({ digest, size }) => ({ mediaType: mediaTypes.model, digest, size })),
  });
  await store.manifests.write(ModelName.parse(model), manifest);
  return layers.map(({ digest }) => digest);
}

async function verify(model?: string): Promise<VerifyProgress[]> {
  const events: VerifyProgress[] = [];
  const name = model === undefined ? {} : { name: ModelName.parse(model) };
  for await (const event of verifyStore(store, { ...name, signal })) events.push(event);
  return events;
}

it('reports success and the progress of each file', async () => {
  const [weights] = await addModel('fox', 'weights');
  const events = await verify();
  expect(events).toContainEqual({
    status: expect.stringMatching(/^verifying [0-9a-f]{12}$/),
    digest: weights,
    total: 7,
    completed: 7,
  });
  const bytes = 7 + 'config of fox'.length;
  expect(events.at(-1)).toEqual({ status: 'success', checked: 2, bytes, broken: [], broken_manifests: [] });
});

it('names each broken blob, its problem and the models that need it', async () => {
  const [shared = 'sha256:', missing = 'sha256:', cut = 'sha256:'] = await addModel(
    'fox',
    'shared',
    'missing',
    'cut',
  );
  await addModel('owl', 'shared', 'fine');
  await writeFile(store.blobs.path(shared), 'SHARED');
  await rm(store.blobs.path(missing));
  await truncate(store.blobs.path(cut), 1);
  const last = (await verify()).at(-1);
  if (!last || !('broken' in last)) throw new Error('no result');
  const found = new Map(
    last.broken.map(({ digest, problem, models }) => [digest, [problem, [...models].sort()]]),
  );
  expect(found).toEqual(
    new Map([
      [shared, ['wrong digest', ['fox:latest', 'owl:latest']]],
      [missing, ['missing', ['fox:latest']]],
      [cut, ['wrong size', ['fox:latest']]],
    ]),
  );
  expect(last).toMatchObject({ status: 'failed', checked: 6 });
  expect((await verify('owl')).at(-1)).toMatchObject({
    status: 'failed',
    checked: 3,
    broken: [{ digest: shared }],
  });
});

it('names broken manifests, and refuses a model that does not exist', async () => {
  await addModel('fox', 'weights');
  await writeFile(join(folder, 'manifests/registry.ollama.ai/library/fox/latest'), '{');
  expect((await verify()).at(-1)).toMatchObject({
    status: 'failed',
    broken_manifests: ['registry.ollama.ai/library/fox:latest'],
  });
  expect((await verify('fox')).at(-1)).toMatchObject({ status: 'failed' });
  await expect(verify('owl')).rejects.toThrow("model 'owl:latest' not found");
});

it('ends when aborted', async () => {
  await addModel('fox', 'weights');
  const abort = new AbortController();
  abort.abort();
  const run = async () => {
    for await (const _ of verifyStore(store, { signal: abort.signal }));
  };
  await expect(run()).rejects.toThrow('canceled');
});
