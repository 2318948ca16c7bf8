import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inlineTemplates } from '../../test/fakes/models/inline-templates.ts';
import { smallModel } from '../../test/fakes/models/small-gguf.ts';
import { silentLogger } from '../base/logger.ts';
import type { GgufValue } from '../gguf/types.ts';
import type { Digest } from '../names/digest.ts';
import { ModelName } from '../names/model-name.ts';
import type { QuantizeOrder } from '../quantize/quantizer.ts';
import { Store } from '../store/store.ts';
import { ModelCatalog } from './catalog.ts';
import { createModel } from './create.ts';

let folder: string;
let store: Store;
let catalog: ModelCatalog;
let orders: QuantizeOrder[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'create-quantize-'));
  store = new Store(folder);
  await store.prepare();
  catalog = new ModelCatalog({ store, logger: silentLogger, templates: inlineTemplates() });
  orders = [];
});
afterEach(() => rm(folder, { recursive: true }));

const fileType = (value: number): GgufValue => ({ type: 'u32', value });
const q8 = () => smallModel({ 'general.file_type': fileType(7) });

async function upload(content: Uint8Array): Promise<Digest> {
  async function* body() {
    yield content;
  }
  return (await store.blobs.write(body())).digest;
}

/** A quantizer that always produces the same Q8_0 model. */
const quantizer = {
  async *quantize(order: QuantizeOrder) {
    orders.push(order);
    yield { status: 'quantizing' };
    return store.blobs.write(
      (async function* () {
        yield q8();
      })(),
    );
  },
};

async function create(request: Record<string, unknown>): Promise<string[]> {
  const pull = () => {
    throw new Error('nothing to pull from');
  };
  const typeSpeeds = { best: async () => 'Q8_0' };
  const options = { store, catalog, pull, quantizer, typeSpeeds };
  const statuses: string[] = [];
  for await (const { status } of createModel({ model: 'mine', ...request }, options)) statuses.push(status);
  return statuses;
}

const find = (name: string) => catalog.find(ModelName.parse(name));

it('replaces the uploaded weights by the quantized ones', async () => {
  const digest = await upload(smallModel());
  await create({ files: { 'm.gguf': digest }, quantize: 'q8_0' });
  expect(orders).toMatchObject([{ sourceType: 'F32', target: { name: 'Q8_0' } }]);
  expect((await find('mine'))?.details.quantization_level).toBe('Q8_0');
  expect(await store.blobs.size(digest)).toBeUndefined();
});

it('keeps the base model and gives the new model its texts and the new type', async () => {
  const digest = await upload(smallModel());
  await create({ files: { 'm.gguf': digest }, system: 'Be brief.' });
  await create({ model: 'other', from: 'mine', quantization: 'Q8_0' });
  const [mine, other] = [await find('mine'), await find('other')];
  expect(mine).toMatchObject({ weightsDigest: digest, details: { quantization_level: 'F32' } });
  expect(other).toMatchObject({ system: 'Be brief.', details: { quantization_level: 'Q8_0' } });
  expect(other?.weightsDigest).not.toBe(digest);
  const manifest = await store.manifests.read(ModelName.parse('other'));
  expect(manifest?.manifest.layers.filter(({ mediaType }) => mediaType.endsWith('.model'))).toHaveLength(1);
});

it('removes the new weights when a later step fails', async () => {
  const digest = await upload(smallModel());
  const parameters = { adapter_scale: [1] };
  await expect(create({ files: { a: digest }, quantize: 'q8_0', parameters })).rejects.toThrow(
    'adapter_scale',
  );
  expect(orders).toHaveLength(1);
  expect((await store.blobs.list()).map((entry) => entry.digest)).toEqual([digest]);
});

it.each([
  [
    'no longer a float model',
    q8,
    'q4_k_m',
    /only supported for F16, BF16 and F32 models; this model is Q8_0/,
  ],
  ['without experts', smallModel, 'mxfp4', /MXFP4 is only for models with experts/],
  ['with a tensor beyond the end', () => smallModel().subarray(0, -32), 'q8_0', /past the end of the file/],
])('refuses a file %s before the quantizer starts', async (_, content, quantize, message) => {
  const files = { 'm.gguf': await upload(content()) };
  await expect(create({ files, quantize })).rejects.toMatchObject({
    status: 400,
    message: expect.stringMatching(message),
  });
  expect(orders).toEqual([]);
});

it('does nothing when the weights already have the target type', async () => {
  const digest = await upload(smallModel());
  await create({ files: { a: digest }, quantize: 'F32' });
  expect(orders).toEqual([]);
  expect((await find('mine'))?.weightsDigest).toBe(digest);
});

it('auto is the best type for this machine', async () => {
  const digest = await upload(smallModel());
  const statuses = await create({ files: { 'm.gguf': digest }, quantize: 'Auto' });
  expect(statuses).toContain('quantizing to Q8_0, the best type for this machine');
  expect(orders).toMatchObject([{ target: { name: 'Q8_0' } }]);
});

it('requantize converts quantized weights after a warning', async () => {
  const digest = await upload(smallModel({ 'general.file_type': fileType(3) }));
  const statuses = await create({ files: { 'm.gguf': digest }, quantize: 'q8_0', requantize: true });
  expect(statuses).toContain(
    'warning: Q4_1 weights are rounded a second time: quantize the F16 model for better answers',
  );
  expect(orders).toMatchObject([{ sourceType: 'Q4_1', target: { name: 'Q8_0' } }]);
  const [tensor] = orders[0]?.file.tensors ?? [];
  expect(tensor && orders[0]?.converts?.(tensor)).toBe(true);
});
