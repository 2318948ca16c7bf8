import { appendFileSync } from 'node:fs';
import { link, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type FakeConversion,
  type FakeConversionOptions,
  fakeConversion,
} from '../../../test/fakes/models/fake-conversion.ts';
import { inlineTemplates } from '../../../test/fakes/models/inline-templates.ts';
import { smallAdapter, smallModel } from '../../../test/fakes/models/small-gguf.ts';
import type { CreateRequest } from '../../api/create.ts';
import { OllamaError } from '../../base/errors.ts';
import { silentLogger } from '../../base/logger.ts';
import { programVersion } from '../../base/version.ts';
import type { GgufValue } from '../../gguf/types.ts';
import type { Digest } from '../../names/digest.ts';
import { ModelName } from '../../names/model-name.ts';
import type { QuantizeOrder } from '../../quantize/quantizer.ts';
import { recordOf } from '../../store/link-records.ts';
import { Store } from '../../store/store.ts';
import { ModelCatalog } from '../catalog.ts';
import { type CreateOptions, createModel } from '../create.ts';
import { Converter } from './converter.ts';

let folder: string;
let store: Store;
let catalog: ModelCatalog;
let programs: FakeConversion;
let orders: QuantizeOrder[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'create-import-'));
  store = new Store(folder);
  await store.prepare();
  catalog = new ModelCatalog({ store, logger: silentLogger, templates: inlineTemplates() });
  orders = [];
});
afterEach(() => rm(folder, { recursive: true }));

const fileType = (value: number): GgufValue => ({ type: 'u32', value });
const quantized = () => smallModel({ 'general.file_type': fileType(15) });

async function upload(content: Uint8Array | string): Promise<Digest> {
  async function* body() {
    yield typeof content === 'string' ? new TextEncoder().encode(content) : content;
  }
  return (await store.blobs.write(body())).digest;
}

/** A quantizer that always produces the same Q4_K_M model. */
const quantizer: Required<CreateOptions>['quantizer'] = {
  async *quantize(order: QuantizeOrder) {
    orders.push(order);
    yield { status: 'quantizing' };
    async function* body() {
      yield quantized();
    }
    return store.blobs.write(body());
  },
};

interface Fakes extends FakeConversionOptions {
  readonly noPrune?: boolean;
}

async function create(request: CreateRequest, { noPrune = false, ...fakes }: Fakes = {}): Promise<string[]> {
  programs = fakeConversion(fakes);
  const converter = new Converter({ programs, freeBytes: async () => 1e9, logger: silentLogger });
  const pull = () => {
    throw new Error('nothing to pull from');
  };
  const options = { store, catalog, pull, quantizer, converter, config: { noPrune } };
  const statuses: string[] = [];
  for await (const { status } of createModel({ model: 'mine', ...request }, options)) statuses.push(status);
  return statuses;
}

async function uploadFolder(): Promise<Record<string, Digest>> {
  return { 'config.json': await upload('{}'), 'model.safetensors': await upload('weights') };
}

async function uploadAdapter(name: string): Promise<Record<string, Digest>> {
  return {
    [`${name}/adapter_config.json`]: await upload('{"r":8}'),
    [`${name}/adapter_model.safetensors`]: await upload(name),
  };
}

const find = async (name = 'mine') => {
  const model = await catalog.find(ModelName.parse(name));
  if (!model) throw new Error(`${name} does not exist`);
  return model;
};
const blobFiles = async () => (await readdir(join(folder, 'blobs'))).sort();

/** The files that the manifest of the model names, and no others. */
async function expectOnlyTheModel(): Promise<void> {
  const stored = await store.manifests.read(ModelName.parse('mine'));
  const digests = [stored?.manifest.config, ...(stored?.manifest.layers ?? [])].map(
    (layer) => layer?.digest ?? '',
  );
  expect(await blobFiles()).toEqual(digests.map((digest) => digest.replace(':', '-')).sort());
}

describe('a folder of safetensors', () => {
  it('becomes the weights of a model, and its own files are removed', async () => {
    const statuses = await create({ files: await uploadFolder(), system: 'Be brief.' });
    expect(statuses[0]).toBe('converting model');
    expect(statuses.at(-1)).toBe('success');
    expect(programs.jobs[0]).toMatchObject({
      kind: 'plan',
      type: 'auto',
      files: [{ name: 'config.json' }, { name: 'model.safetensors' }],
    });
    expect(await find()).toMatchObject({ system: 'Be brief.', facts: { architecture: 'llama' } });
    await expectOnlyTheModel();
  });

  it('keeps its own files when pruning is off', async () => {
    const files = await uploadFolder();
    await create({ files }, { noPrune: true });
    const names = await blobFiles();
    for (const digest of Object.values(files)) expect(names).toContain(digest.replace(':', '-'));
  });

  it('remembers its source, what was left out, what is wrong and by which version it was converted', async () => {
    const report = { source: 'Qwen3ForCausalLM', dropped: ['the vision part'] };
    const warnings = ['1 value of tensor "a" is NaN'];
    const files = await uploadFolder();
    const statuses = await create({ files }, { report, written: { warnings } });
    expect(statuses).toContain('left out: the vision part');
    expect(statuses).toContain('warning: 1 value of tensor "a" is NaN');
    const part = {
      part: 'model',
      source: 'Qwen3ForCausalLM',
      type: 'F32',
      converter: programVersion(),
      dropped: ['the vision part'],
      warnings,
    };
    expect((await find()).config.imported).toEqual([part]);
    await create({ model: 'mine', from: 'mine', system: 'Be kind.' });
    expect((await find()).config.imported).toEqual([part]);
  });

  it('suggests parameters, which those of the request override; those out of range are left out', async () => {
    const report = { parameters: { temperature: 0.6, top_k: 20, min_p: 7, stop: ['<|im_end|>'] } };
    const files = await uploadFolder();
    const statuses = await create({ files, parameters: { top_k: 40 } }, { report });
    expect((await find()).parameters).toEqual({ temperature: 0.6, top_k: 40, stop: ['<|im_end|>'] });
    expect(statuses).toContain(
      'warning: the min_p of generation_config.json is not used: its value is out of range',
    );
  });

  it('is refused with the reason of the conversion, and nothing but the uploads remains', async () => {
    const files = await uploadFolder();
    const before = await blobFiles();
    const error = new OllamaError('invalid-request', 'unsupported architecture "X"');
    await expect(create({ files }, { failure: { of: 'plan', error } })).rejects.toMatchObject({
      message: 'unsupported architecture "X"',
      status: 400,
    });
    expect(await blobFiles()).toEqual(before);
  });

  it('leaves nothing when the request fails after the conversion', async () => {
    const files = await uploadFolder();
    const before = await blobFiles();
    await expect(create({ files, info: { model_family: 7 } })).rejects.toThrow('must be a string');
    expect(await blobFiles()).toEqual(before);
  });

  it.each([
    ['while it is converted', {}],
    ['so that its conversion fails', { failure: { of: 'write', error: new Error('it became shorter') } }],
  ] as const)('is refused when a linked file of it changes %s', async (_, fakes) => {
    const files = await uploadFolder();
    const digest = files['model.safetensors'] as Digest;
    const source = join(folder, 'model.safetensors');
    await writeFile(source, 'weights');
    await link(source, join(folder, 'place'));
    const facts = await stat(source, { bigint: true });
    await store.blobs.replaceByLink(digest, join(folder, 'place'), recordOf('hard', source, facts));
    const before = await blobFiles();
    const content = () => {
      appendFileSync(source, '!');
      return smallModel();
    };
    await expect(create({ files }, { content, ...fakes })).rejects.toMatchObject({
      message: 'model.safetensors was changed or removed while it was converted: create the model again',
      status: 400,
    });
    expect(await blobFiles()).toEqual(before);
  });

  it('is refused beside other weights, before anything is converted', async () => {
    const files = { ...(await uploadFolder()), 'other.gguf': await upload(smallModel()) };
    await expect(create({ files })).rejects.toThrow('only one model is supported');
    expect(programs.jobs).toEqual([]);
  });
});

describe('quantize', () => {
  it.each(['f32', 'F16', 'bf16', 'q8_0'])('to %s needs one pass', async (quantize) => {
    await create({ files: await uploadFolder(), quantize });
    expect(programs.jobs[0]).toMatchObject({ type: quantize.toUpperCase() });
    expect(orders).toEqual([]);
  });

  it.each([false, true])('to other types drops the floats between (pruning off: %s)', async (noPrune) => {
    const files = await uploadFolder();
    await create({ files, quantize: 'q4_k_m' }, { noPrune });
    expect(programs.jobs[0]).toMatchObject({ type: 'auto' });
    expect(orders).toMatchObject([{ sourceType: 'F32', target: { name: 'Q4_K_M' } }]);
    expect((await find()).details.quantization_level).toBe('Q4_K_M');
    if (noPrune) await store.removeUnreferenced(Object.values(files));
    await expectOnlyTheModel();
  });

  it('does not refuse originals of which a part is quantized already', async () => {
    const content = () => smallModel({ 'general.file_type': fileType(38) });
    await create({ files: await uploadFolder(), quantize: 'q4_k_m' }, { content });
    expect(orders).toMatchObject([{ sourceType: 'MXFP4' }]);
  });
});

describe('adapters', () => {
  it('of several folders and files keep their order', async () => {
    await create({ files: { 'model.gguf': await upload(smallModel()) } });
    const file = await upload(smallAdapter());
    let made = 0;
    const content = () =>
      smallModel({ 'general.type': { type: 'string', value: 'adapter' } }, 'llama', [`made ${made++}`]);
    const adapters = { ...(await uploadAdapter('b')), 'lora.gguf': file, ...(await uploadAdapter('a')) };
    const statuses = await create({ from: 'mine', adapters }, { content });
    expect(statuses).toContain('converting adapter');
    const { adapterPaths, weightsPath } = await find();
    expect(programs.jobs[0]).toMatchObject({ basePath: weightsPath });
    expect(adapterPaths).toHaveLength(3);
    expect(adapterPaths[1]).toBe(store.blobs.path(file));
    expect((await find()).config.imported).toMatchObject([{ part: 'adapter' }, { part: 'adapter' }]);
    await expectOnlyTheModel();
  });

  it('for a folder of weights are planned on what it becomes', async () => {
    await create({ files: await uploadFolder(), adapters: await uploadAdapter('a') });
    const [model, adapter] = programs.jobs;
    expect(adapter).toMatchObject({ kind: 'plan', basePath: model?.outputPath });
    expect((await find()).adapterPaths).toHaveLength(1);
    await expectOnlyTheModel();
  });

  it('for uploaded GGUF weights are planned on these', async () => {
    const digest = await upload(smallModel());
    await create({ files: { 'model.gguf': digest }, adapters: await uploadAdapter('a') });
    expect(programs.jobs[0]).toMatchObject({ basePath: store.blobs.path(digest) });
  });
});

describe('a draft model', () => {
  it('may be a folder, too, which is quantized in one pass or two', async () => {
    await create({ files: { 'model.gguf': await upload(smallModel()) } });
    const statuses = await create({
      from: 'mine',
      draft_files: await uploadFolder(),
      draft_quantize: 'q8_0',
    });
    expect(statuses).toContain('converting draft model');
    expect(programs.jobs[0]).toMatchObject({ type: 'Q8_0' });
    expect((await find()).draftPaths).toHaveLength(1);
    await create({ from: 'mine', draft_files: await uploadFolder(), draft_quantize: 'q4_0' });
    expect(orders).toMatchObject([{ target: { name: 'Q4_0' } }]);
    await expectOnlyTheModel();
  });
});

it('PyTorch files are refused as what they are', async () => {
  const files = { 'config.json': await upload('{}'), 'pytorch_model.bin': await upload('pickle') };
  await expect(create({ files })).rejects.toThrow(
    'pytorch_model.bin is a pickle, which can run code: save it as safetensors',
  );
});
