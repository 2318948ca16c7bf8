import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inlineTemplates } from '../../test/fakes/models/inline-templates.ts';
import { silentLogger } from '../base/logger.ts';
import { readGgufFile } from '../gguf/parse.ts';
import type { GgufValue } from '../gguf/types.ts';
import { encodeGguf, listOf, type TensorContent } from '../gguf/writer.ts';
import type { Digest } from '../names/digest.ts';
import { ModelName } from '../names/model-name.ts';
import { Store } from '../store/store.ts';
import { ModelCatalog } from './catalog.ts';
import { createModel } from './create.ts';
import { joinShards } from './create-shards.ts';

let folder: string;
let store: Store;
let catalog: ModelCatalog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shards-'));
  store = new Store(folder);
  await store.prepare();
  catalog = new ModelCatalog({ store, logger: silentLogger, templates: inlineTemplates() });
});
afterEach(() => rm(folder, { recursive: true }));

const metadata: Record<string, GgufValue> = {
  'general.architecture': { type: 'string', value: 'llama' },
  'llama.block_count': { type: 'u32', value: 2 },
  'llama.context_length': { type: 'u32', value: 2048 },
  'tokenizer.ggml.tokens': listOf(
    'string',
    Array.from({ length: 3000 }, (_, index) => `token ${index}`),
  ),
};
/** Sizes that are not multiples of the alignment. */
const tensors: TensorContent[] = ['a', 'b', 'c', 'd'].map((name, index) => {
  const length = 5 + index;
  return { name, shape: [length], type: 0, data: new Uint8Array(length * 4).fill(index + 1) };
});
const whole = encodeGguf({ metadata, tensors });

function shard(number: number, part: TensorContent[], { count = 3, total = 4 } = {}): Uint8Array {
  const split: Record<string, GgufValue> = {
    'split.no': { type: 'u16', value: number },
    'split.count': { type: 'u16', value: count },
    'split.tensors.count': { type: 'i32', value: total },
  };
  return encodeGguf({ metadata: number === 0 ? { ...metadata, ...split } : split, tensors: part });
}

async function upload(bytes: Uint8Array): Promise<Digest> {
  async function* body() {
    yield bytes;
  }
  return (await store.blobs.write(body())).digest;
}

async function create(parts: readonly Uint8Array[], config = { noPrune: false }): Promise<string[]> {
  const files: Record<string, string> = {};
  for (const [index, part] of parts.entries()) files[`m-0000${index + 1}-of-00003.gguf`] = await upload(part);
  const noPull = () => {
    throw new Error('nothing to pull from');
  };
  const statuses: string[] = [];
  for await (const { status } of createModel({ model: 'm', files }, { store, catalog, pull: noPull, config }))
    statuses.push(status);
  return statuses;
}

describe('a model in shards', () => {
  const [a, b, c, d] = tensors as [TensorContent, TensorContent, TensorContent, TensorContent];
  const parts = [shard(0, []), shard(1, [a, b]), shard(2, [c, d])] as const;

  it('is merged into the original file, regardless of the order of the shards', async () => {
    const statuses = await create([parts[2], parts[0], parts[1]]);
    expect(statuses).toContain('merging 3 shards');
    expect(statuses.at(-1)).toBe('success');
    const model = await catalog.find(ModelName.parse('m'));
    expect(model?.weightsDigest).toBe(await upload(whole));
    expect((await readGgufFile(model?.weightsPath ?? '')).metadata.has('split.count')).toBe(false);
    // The shards were removed: only the merged file and the config remain.
    expect(await readdir(join(folder, 'blobs'))).toHaveLength(2);
  });

  it('leaves no partial file when the client stops waiting', async () => {
    const files: Record<string, string> = {};
    for (const [index, part] of parts.entries())
      files[`m-0000${index + 1}-of-00003.gguf`] = await upload(part);
    const noPull = () => {
      throw new Error('nothing to pull from');
    };
    for await (const { status, completed } of createModel(
      { model: 'm', files },
      { store, catalog, pull: noPull },
    )) {
      if (status === 'merging 3 shards' && completed !== undefined) break;
      expect(status).not.toBe('success');
    }
    expect(await readdir(join(folder, 'blobs'))).toHaveLength(3);
    expect(await catalog.find(ModelName.parse('m'))).toBeUndefined();
  });

  it('keeps the shards when pruning is off', async () => {
    await create(parts, { noPrune: true });
    expect(await readdir(join(folder, 'blobs'))).toHaveLength(5);
  });

  it('is refused before anything is written when the disk has too little space', async () => {
    const files: { name: string; digest: Digest }[] = [];
    for (const part of parts) files.push({ name: 'm.gguf', digest: await upload(part) });
    const before = await readdir(join(folder, 'blobs'));
    const needed = tensors.reduce((sum, { data }) => sum + data.length, 0);
    const merge = (free: number) => joinShards(files, store.blobs, undefined, async () => free).next();
    await expect(merge(needed - 1)).rejects.toMatchObject({
      code: 'storage-full',
      message: expect.stringContaining(`${needed} B needed, ${needed - 1} B free`),
    });
    expect(await readdir(join(folder, 'blobs'))).toEqual(before);
    expect(await merge(needed)).toMatchObject({ value: { status: 'merging 3 shards', total: needed } });
  });

  it.each([
    ['one is missing', [parts[0], parts[2]], 'shard 2 of 3 is missing'],
    ['one appears twice', [parts[0], parts[1], shard(1, [c])], 'two files are the same shard'],
    ['one belongs to another set', [parts[0], shard(1, [a], { count: 2 })], 'another set of shards'],
    ['tensors are missing', [parts[0], parts[1], shard(2, [c])], '3 tensors together, but the model has 4'],
    ['a tensor appears twice', [parts[0], parts[1], shard(2, [a, c])], 'two shards contain the tensor "a"'],
  ])('is refused when %s, and leaves no new blob', async (_, given, message) => {
    await expect(create(given)).rejects.toThrow(message);
    const uploaded = new Set(given.map((bytes) => Buffer.from(bytes).toString('hex'))).size;
    expect(await readdir(join(folder, 'blobs'))).toHaveLength(uploaded);
  });
});
