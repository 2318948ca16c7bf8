/** Damaged manifests, configs and shards in a models folder: each is read or refused with an error of ours. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { splitGguf } from '../../test/fakes/models/gguf-shards.ts';
import { inlineTemplates } from '../../test/fakes/models/inline-templates.ts';
import { smallModel } from '../../test/fakes/models/small-gguf.ts';
import { ggufNumbers, mutated } from '../../test/fakes/random/mutations.ts';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../test/scale.ts';
import { OllamaError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import { mergedShards, type Shard } from '../gguf/merge-shards.ts';
import { readGgufFile } from '../gguf/parse.ts';
import { type Digest, parseDigest } from '../names/digest.ts';
import { ModelName } from '../names/model-name.ts';
import { encodeManifest, MANIFEST_MEDIA_TYPE, mediaTypes, parseManifest } from '../store/manifest.ts';
import { Store } from '../store/store.ts';
import { ModelCatalog } from './catalog.ts';
import { encodeModelConfig, parseModelConfig } from './model-config.ts';

const ROUNDS = rounds({ change: 200, long: 4000, nightly: 100_000 });
/** Each round writes two files; other files of random tests use the disk and the processor at the same time. */
const SHARDS_TIMEOUT_MS = rounds({ change: 60_000, long: 600_000, nightly: 3_600_000 });
/** With a store on the disk, which takes milliseconds each. */
const STORE_ROUNDS = rounds({ change: 30, long: 200, nightly: 10_000 });
/** More than all shards together have, with the padding between tensors. */
const MOST_MERGED_BYTES = 1024 * 1024;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'models-fuzz-'));
});
afterAll(() => rm(folder, { recursive: true }));

const name = ModelName.parse('fuzzed');
const parts = {
  config: encodeModelConfig({
    model_format: 'gguf',
    model_family: 'llama',
    model_families: ['llama'],
    model_type: '1B',
    file_type: 'F32',
    capabilities: ['completion'],
    context_length: 2048,
  }),
  params: '{"stop":["<|end|>","</s>"],"temperature":0.5,"num_ctx":4096,"seed":1}',
  messages: '[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]',
  system: 'Be brief.',
  license: 'A licence.',
} as const;

/** A store with one model. @returns the files of its parts */
async function storeWithModel(): Promise<{ store: Store; paths: Record<string, string> }> {
  const models = await mkdtemp(join(folder, 'store-'));
  const store = new Store(models);
  const paths: Record<string, string> = {};
  const write = async (part: string, bytes: Uint8Array) => {
    async function* body() {
      yield bytes;
    }
    const { digest, size } = await store.blobs.write(body());
    paths[part] = store.blobs.path(digest);
    return { digest, size };
  };
  const layers: { mediaType: string; digest: Digest; size: number }[] = [
    { mediaType: mediaTypes.model, ...(await write('model', smallModel())) },
  ];
  for (const part of ['params', 'messages', 'system', 'license'] as const) {
    layers.push({ mediaType: mediaTypes[part], ...(await write(part, Buffer.from(parts[part]))) });
  }
  const config = { mediaType: mediaTypes.config, ...(await write('config', Buffer.from(parts.config))) };
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    config,
    layers,
  });
  await store.manifests.write(name, manifest);
  paths.manifest = join(models, 'manifests', name.host, name.namespace, name.model, name.tag);
  return { store, paths };
}

/** Any text is valid, and parameters that are not are left out. */
const lenient = ['params', 'system', 'license'];

const isOurs = (error: unknown, seed: number) =>
  expect(error, `seed ${seed}: ${error instanceof Error ? error.stack : error}`).toBeInstanceOf(OllamaError);

describe.each(['manifest', 'config', 'params', 'messages', 'system', 'license'])('a damaged %s', (part) => {
  it(`is read or refused in ${STORE_ROUNDS} forms, and the model is listed or left out`, async () => {
    const { store, paths } = await storeWithModel();
    const path = paths[part] ?? '';
    const whole = Buffer.from(
      part === 'manifest' ? ((await store.manifests.readBytes(name)) ?? '') : parts[part as 'config'],
    );
    let read = 0;
    const first = seedFrom(100_000 * part.length);
    for (let seed = first; seed < first + STORE_ROUNDS; seed++) {
      await writeFile(path, mutated(whole, seededRandom(seed)));
      // A catalog keeps what it has read of the blobs, which do not change otherwise.
      const catalog = new ModelCatalog({ store, logger: silentLogger, templates: inlineTemplates() });
      await catalog.find(name).then(
        () => (read += 1),
        (error) => isOurs(error, seed),
      );
      expect((await catalog.list()).length, `seed ${seed}`).toBeLessThanOrEqual(1);
    }
    if (lenient.includes(part)) expect(read).toBe(STORE_ROUNDS);
    else expect(read).toBeLessThan(STORE_ROUNDS);
  });
});

describe('damaged texts', () => {
  const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
  const layer = { mediaType: mediaTypes.model, digest, size: 100, from: 'base', name: 'tensor' };
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    config: layer,
    layers: [layer],
  } as const;

  it.each<[string, string, (text: string) => unknown]>([
    ['manifest', encodeManifest(manifest), parseManifest],
    ['config', parts.config, parseModelConfig],
  ])(`of a %s are read or refused in ${ROUNDS} forms`, (kind, text, parse) => {
    let refused = 0;
    const first = seedFrom(3_000_000 * kind.length);
    for (let seed = first; seed < first + ROUNDS; seed++) {
      try {
        parse(Buffer.from(mutated(Buffer.from(text), seededRandom(seed))).toString());
      } catch (error) {
        refused += 1;
        isOurs(error, seed);
      }
    }
    expect(refused).toBeGreaterThan(ROUNDS / 10);
  });
});

describe('damaged shards', () => {
  it(`are merged or refused in ${ROUNDS} forms, into no more bytes than they have`, {
    timeout: SHARDS_TIMEOUT_MS,
  }, async () => {
    const whole = join(folder, 'whole.gguf');
    await writeFile(whole, smallModel());
    const shards = [...(await splitGguf(whole, 'model', 3))].map(([file, bytes]) => ({
      path: join(folder, file),
      bytes,
      fields: ggufNumbers(bytes),
    }));
    for (const { path, bytes } of shards) await writeFile(path, bytes);
    let merged = 0;
    const first = seedFrom(7_000_000);
    for (let seed = first; seed < first + ROUNDS; seed++) {
      const random = seededRandom(seed);
      const hit = Math.floor(random() * shards.length);
      const shard = shards[hit];
      if (!shard) throw new Error('there is no such shard');
      await writeFile(shard.path, mutated(shard.bytes, random, shard.fields));
      await mergedBytes(shards.map(({ path }) => path)).then(
        (bytes) => {
          merged += 1;
          expect(bytes, `seed ${seed}`).toBeLessThan(MOST_MERGED_BYTES);
        },
        (error) => isOurs(error, seed),
      );
      await writeFile(shard.path, shard.bytes);
    }
    expect(merged).toBeGreaterThan(0);
    expect(merged).toBeLessThan(ROUNDS);
  });
});

async function mergedBytes(paths: readonly string[]): Promise<number> {
  const shards: Shard[] = [];
  for (const path of paths) {
    shards.push({ path, file: await readGgufFile(path, { arrays: shards.length === 0 ? 'keep' : 'skip' }) });
  }
  let total = 0;
  for await (const chunk of mergedShards(shards, undefined)) total += chunk.length;
  return total;
}
