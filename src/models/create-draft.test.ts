import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inlineTemplates } from '../../test/fakes/models/inline-templates.ts';
import { smallAdapter, smallModel } from '../../test/fakes/models/small-gguf.ts';
import type { CreateRequest } from '../api/create.ts';
import { silentLogger } from '../base/logger.ts';
import { listOf } from '../gguf/writer.ts';
import type { Digest } from '../names/digest.ts';
import { ModelName } from '../names/model-name.ts';
import type { QuantizeOrder } from '../quantize/quantizer.ts';
import { mediaTypes } from '../store/manifest.ts';
import { Store } from '../store/store.ts';
import { ModelCatalog } from './catalog.ts';
import { createModel } from './create.ts';

let folder: string;
let store: Store;
let catalog: ModelCatalog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'create-draft-'));
  store = new Store(folder);
  await store.prepare();
  catalog = new ModelCatalog({ store, logger: silentLogger, templates: inlineTemplates() });
});
afterEach(() => rm(folder, { recursive: true }));

async function upload(content: Uint8Array): Promise<Digest> {
  async function* body() {
    yield content;
  }
  return (await store.blobs.write(body())).digest;
}

const named = (name: string) => smallModel({ 'general.name': { type: 'string', value: name } });
const q8 = () => smallModel({ 'general.file_type': { type: 'u32', value: 7 } });

const quantizer = {
  async *quantize(_order: QuantizeOrder) {
    yield { status: 'quantizing' };
    return store.blobs.write(
      (async function* () {
        yield q8();
      })(),
    );
  },
};

async function create(request: CreateRequest): Promise<string[]> {
  const statuses: string[] = [];
  const pull = () => {
    throw new Error('nothing to pull');
  };
  for await (const { status } of createModel(request, { store, catalog, pull, quantizer }))
    statuses.push(status);
  return statuses;
}

async function draftsOf(name: string): Promise<Digest[]> {
  const stored = await store.manifests.read(ModelName.parse(name));
  const layers = stored?.manifest.layers ?? [];
  return layers.filter(({ mediaType }) => mediaType === mediaTypes.draft).map(({ digest }) => digest);
}

it('keeps the draft model as a layer, also in models made from this one, until another replaces it', async () => {
  const [weights, first, second] = [
    await upload(named('w')),
    await upload(named('1')),
    await upload(named('2')),
  ];
  await create({ model: 'a', files: { 'w.gguf': weights }, draft_files: { 'd.gguf': first } });
  await create({ model: 'b', from: 'a', system: 'x' });
  await create({ model: 'c', from: 'a', draft_files: { 'd.gguf': second } });
  expect([await draftsOf('a'), await draftsOf('b'), await draftsOf('c')]).toEqual([
    [first],
    [first],
    [second],
  ]);
  const model = await catalog.find(ModelName.parse('a'));
  expect(model?.draftPaths).toEqual([store.blobs.path(first)]);
  expect(model?.draftFacts?.name).toBe('1');
  expect(model?.weightsDigest).toBe(weights);
});

it('loads without a draft model whose file was removed', async () => {
  const [weights, draft] = [await upload(named('w')), await upload(named('1'))];
  await create({ model: 'a', files: { 'w.gguf': weights }, draft_files: { 'd.gguf': draft } });
  await rm(store.blobs.path(draft));
  catalog = new ModelCatalog({ store, logger: silentLogger, templates: inlineTemplates() });
  const model = await catalog.find(ModelName.parse('a'));
  expect(model).toMatchObject({ weightsDigest: weights, draftPaths: [] });
});

it('quantizes the draft model and removes the full one', async () => {
  const [weights, draft] = [await upload(named('w')), await upload(named('1'))];
  const files = { files: { 'w.gguf': weights }, draft_files: { 'd.gguf': draft } };
  await create({ model: 'a', ...files, draft_quantize: 'q8_0' });
  const [made] = await draftsOf('a');
  expect(made).toBe(await upload(q8()));
  expect(await store.blobs.size(draft)).toBeUndefined();
});

it('refuses a draft that is not a model, or cannot be quantized', async () => {
  const weights = { 'w.gguf': await upload(named('w')) };
  const adapter = await upload(smallAdapter());
  await expect(create({ model: 'a', files: weights, draft_files: { d: adapter } })).rejects.toThrow(
    'draft_files: d is not a model but of the kind "adapter"',
  );
  const quantized = { d: await upload(q8()) };
  const request = { model: 'a', files: weights, draft_files: quantized, draft_quantize: 'Q4_0' };
  await expect(create(request)).rejects.toThrow(
    'draft quantization requires an unquantized draft model, got Q8_0',
  );
});

it.each<[architecture: string, pooling: number | undefined, reason: string]>([
  ['bert', undefined, 'it is an embedding model (bert), which writes no text'],
  ['nomic-bert-moe', 1, 'it is an embedding model (nomic-bert-moe), which writes no text'],
  ['qwen3', 3, 'it is an embedding model (qwen3), which writes no text'],
  ['t5', undefined, 'it is an encoder-decoder model (t5)'],
  ['llada', undefined, 'it is a diffusion model (llada)'],
])('refuses a draft of the architecture %s with the pooling %s', async (architecture, pooling, reason) => {
  const weights = { 'w.gguf': await upload(named('w')) };
  const extra =
    pooling === undefined ? {} : { [`${architecture}.pooling_type`]: { type: 'u32', value: pooling } };
  const draft = await upload(smallModel(extra as Parameters<typeof smallModel>[0], architecture));
  await expect(create({ model: 'a', files: weights, draft_files: { d: draft } })).rejects.toThrow(
    `draft_files: d cannot draft: ${reason}`,
  );
  expect(await draftsOf('a')).toEqual([]);
});

it('takes an EAGLE-3 model, and warns when it was made for a wider model or drafts in an unknown way', async () => {
  const weights = { w: await upload(named('w')) };
  const width = (value: number) => ({ 'eagle3.target_hidden_size': { type: 'u32', value } }) as const;
  const made = async (draft: Uint8Array) =>
    create({ model: 'a', files: weights, draft_files: { d: await upload(draft) } });
  const warnings = (statuses: readonly string[]) => statuses.filter((status) => status.startsWith('warning'));
  expect(warnings(await made(smallModel(width(64), 'eagle3')))).toEqual([]);
  expect(warnings(await made(smallModel(width(96), 'eagle3')))).toEqual([
    'warning: the draft model will not be used: it was made for a model of width 96, not 64',
  ]);
  expect(warnings(await made(smallModel({}, 'dflash')))).toEqual([
    'warning: the draft model will not be used: drafting as DFlash models do is not supported (dflash)',
  ]);
});

it('warns when the vocabularies cannot fit', async () => {
  const tokens = listOf(
    'string',
    Array.from({ length: 200 }, (_, index) => `t${index}`),
  );
  const other = await upload(smallModel({ 'tokenizer.ggml.tokens': tokens }));
  const files = { files: { w: await upload(named('w')) }, draft_files: { d: other } };
  expect(await create({ model: 'a', ...files })).toContain(
    'warning: the draft model will not be used: it has 200 tokens in its vocabulary instead of 6',
  );
});
