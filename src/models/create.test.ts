import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inlineTemplates } from '../../test/fakes/models/inline-templates.ts';
import {
  smallAdapter,
  smallBigEndianModel,
  smallModel,
  smallProjector,
} from '../../test/fakes/models/small-gguf.ts';
import type { ProgressResponse } from '../api/common.ts';
import type { CreateRequest } from '../api/create.ts';
import { OllamaError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import type { Digest } from '../names/digest.ts';
import { ModelName } from '../names/model-name.ts';
import { Store } from '../store/store.ts';
import { ModelCatalog } from './catalog.ts';
import { type CreateOptions, createModel } from './create.ts';

let folder: string;
let store: Store;
let catalog: ModelCatalog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'create-'));
  store = new Store(folder);
  await store.prepare();
  catalog = new ModelCatalog({ store, logger: silentLogger, templates: inlineTemplates() });
});

afterEach(() => rm(folder, { recursive: true }));

async function upload(content: Uint8Array | string): Promise<Digest> {
  async function* body() {
    yield Buffer.from(content);
  }
  return (await store.blobs.write(body())).digest;
}

async function* noPull(name: ModelName): AsyncGenerator<ProgressResponse> {
  yield { status: 'pulling manifest' };
  throw new OllamaError('upstream', `pull model manifest: file does not exist (${name.short})`);
}

async function create(request: CreateRequest, options: Partial<CreateOptions> = {}): Promise<string[]> {
  const statuses: string[] = [];
  for await (const { status } of createModel(request, { store, catalog, pull: noPull, ...options }))
    statuses.push(status);
  return statuses;
}

async function find(name: string) {
  const model = await catalog.find(ModelName.parse(name));
  if (!model) throw new Error(`no model ${name}`);
  return model;
}

const blobFiles = async () => (await readdir(join(folder, 'blobs'))).sort();
const layersOf = async (name: string) =>
  (await store.manifests.read(ModelName.parse(name)))?.manifest.layers ?? [];

describe('from uploaded files', () => {
  it('uses the uploaded blobs unchanged and reports the status texts that clients know', async () => {
    const digest = await upload(smallModel());
    const statuses = await create({ model: 'mine', files: { 'model.gguf': digest }, system: 'Be brief.' });
    expect(statuses).toEqual([
      'parsing GGUF',
      `using existing layer ${digest}`,
      expect.stringMatching(/^creating new layer sha256:[0-9a-f]{64}$/),
      expect.stringMatching(/^creating new layer sha256:[0-9a-f]{64}$/),
      'writing manifest',
      'success',
    ]);
    const model = await find('mine');
    expect(model.weightsDigest).toBe(digest);
    expect(model.system).toBe('Be brief.');
    expect(model.details).toEqual({
      parent_model: '',
      format: 'gguf',
      family: 'llama',
      families: ['llama'],
      parameter_size: '64',
      quantization_level: 'F32',
    });
    expect(model.lengths).toEqual({ context_length: 2048, embedding_length: 64 });
  });

  it('writes manifest and config in the format of Ollama', async () => {
    const digest = await upload(smallModel());
    await create({ model: 'mine', files: { 'model.gguf': digest } });
    const path = join(folder, 'manifests/registry.ollama.ai/library/mine/latest');
    const manifest = JSON.parse(await readFile(path, 'utf8'));
    expect(manifest.layers).toEqual([
      { mediaType: 'application/vnd.ollama.image.model', digest, size: smallModel().length },
    ]);
    expect(await store.blobs.read(manifest.config.digest)).toBe(
      '{"model_format":"gguf","model_family":"llama","model_families":["llama"],"model_type":"64","file_type":"F32",' +
        '"architecture":"amd64","os":"linux"}',
    );
  });

  it('distinguishes model, projector and adapter by their content', async () => {
    const files = {
      a: await upload(smallModel()),
      b: await upload(smallProjector()),
    };
    await create({ model: 'mine', files, adapters: { c: await upload(smallAdapter()) } });
    expect((await layersOf('mine')).map(({ mediaType }) => mediaType.split('.').at(-1))).toEqual([
      'model',
      'projector',
      'adapter',
    ]);
    const model = await find('mine');
    expect(model.config.model_families).toEqual(['llama', 'clip']);
    expect(model.capabilities).toContain('vision');
  });

  it('stores all texts and reads them back', async () => {
    await create({
      model: 'mine',
      files: { 'model.gguf': await upload(smallModel()) },
      template: '{{ .Prompt }}!',
      system: 'sys',
      license: ['one', 'two', 'one'],
      parameters: { temperature: 0.5, stop: ['a', 'b'] },
      messages: [{ role: 'user', content: 'hi' }],
      renderer: 'lfm2',
      parser: 'p',
      requires: 'v0.14.0',
      info: { base_name: 'basis', context_length: 77, capabilities: ['tools'] },
    });
    expect(await find('mine')).toMatchObject({
      template: '{{ .Prompt }}!',
      system: 'sys',
      licenses: ['one', 'two'],
      parameters: { temperature: 0.5, stop: ['a', 'b'] },
      messages: [{ role: 'user', content: 'hi' }],
      config: { renderer: 'lfm2', parser: 'p', requires: '0.14.0', base_name: 'basis' },
      lengths: { context_length: 77 },
      capabilities: ['tools', 'completion'],
    });
  });
});

describe('a chat template that many models share', () => {
  const chatml =
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}";
  const withTemplate = (value: string) => ({ 'tokenizer.chat_template': { type: 'string', value } as const });

  it('adds its Go template and its stop words', async () => {
    const files = { 'model.gguf': await upload(smallModel(withTemplate(chatml))) };
    const statuses = await create({ model: 'm', files });
    const model = await find('m');
    expect(statuses).toContain('using autodetected template chatml');
    expect(model.template).toContain('<|im_start|>user\n{{ .Content }}<|im_end|>');
    expect(model.promptSource.kind).toBe('go');
    expect(model.parameters).toEqual({ stop: ['<|im_start|>', '<|im_end|>'] });
  });

  it('yields to the texts of the request', async () => {
    const files = { 'model.gguf': await upload(smallModel(withTemplate(chatml))) };
    const own = { template: '{{ .Prompt }}', parameters: { stop: ['x'], top_k: 3 } };
    await create({ model: 'm', files, ...own });
    expect(await find('m')).toMatchObject(own);
    const stored = await store.manifests.read(ModelName.parse('m'));
    const named = stored ? [stored.manifest.config, ...stored.manifest.layers] : [];
    expect(await blobFiles()).toEqual(named.map(({ digest }) => digest.replace(':', '-')).sort());
  });

  it('is not recognized when it does more', async () => {
    const files = { 'model.gguf': await upload(smallModel(withTemplate(`${chatml}{{ tools }}`))) };
    await create({ model: 'm', files });
    expect(await find('m')).toMatchObject({ parameters: {}, promptSource: { kind: 'jinja' } });
  });
});

describe('from another model', () => {
  beforeEach(async () => {
    await create({
      model: 'base',
      files: { 'model.gguf': await upload(smallModel()) },
      template: 'old template',
      system: 'old system',
      license: 'old license',
      parameters: { temperature: 0.5, top_k: 10, stop: ['x'] },
      messages: [{ role: 'user', content: 'old' }],
      renderer: 'glimmer',
    });
  });

  it('inherits everything', async () => {
    const statuses = await create({ model: 'copy', from: 'base' });
    expect(statuses.filter((status) => status.startsWith('creating'))).toEqual([]);
    const [base, copy] = [await find('base'), await find('copy')];
    expect(copy).toEqual({
      ...base,
      name: copy.name,
      digest: copy.digest,
      modifiedAt: copy.modifiedAt,
      details: { ...base.details, parent_model: 'base:latest' },
    });
  });

  it('replaces template, system and messages, merges parameters, adds licences', async () => {
    await create({
      model: 'new',
      from: 'base',
      template: 'new template',
      system: 'new system',
      license: 'new license',
      parameters: { top_k: 20, stop: ['y'] },
      messages: [{ role: 'assistant', content: 'new' }],
      parser: 'new parser',
    });
    expect(await find('new')).toMatchObject({
      template: 'new template',
      system: 'new system',
      licenses: ['old license', 'new license'],
      parameters: { temperature: 0.5, top_k: 20, stop: ['y'] },
      messages: [{ role: 'assistant', content: 'new' }],
      config: { renderer: 'glimmer', parser: 'new parser' },
    });
  });

  it('changes nothing for empty texts', async () => {
    await create({
      model: 'new',
      from: 'base',
      template: '',
      system: '',
      messages: [],
      parameters: {},
      license: '',
    });
    expect(await find('new')).toMatchObject({
      template: 'old template',
      system: 'old system',
      licenses: ['old license'],
    });
  });

  it('keeps unknown stored parameters', async () => {
    const { manifest } = (await store.manifests.read(ModelName.parse('base'))) ?? {};
    const params = manifest?.layers.find(({ mediaType }) => mediaType.endsWith('params'));
    expect(await store.blobs.read(params?.digest as Digest)).toBe(
      '{"stop":["x"],"temperature":0.5,"top_k":10}',
    );
    const { digest, size } = await store.blobs.writeText('{"low_vram":1,"top_k":"many","seed":7}');
    const layers = manifest?.layers.map((layer) => (layer === params ? { ...layer, digest, size } : layer));
    await store.manifests.write(ModelName.parse('base'), JSON.stringify({ ...manifest, layers }));
    expect((await find('base')).parameters).toEqual({ seed: 7 });
    await create({ model: 'new', from: 'base', parameters: { num_ctx: 8 } });
    const written = (await layersOf('new')).find(({ mediaType }) => mediaType.endsWith('params'));
    expect(await store.blobs.read(written?.digest as Digest)).toBe(
      '{"low_vram":1,"num_ctx":8,"seed":7,"top_k":"many"}',
    );
  });

  it('adds an adapter and a projector', async () => {
    const files = { 'mmproj.gguf': await upload(smallProjector()) };
    await create({
      model: 'new',
      from: 'base',
      files,
      adapters: { 'lora.gguf': await upload(smallAdapter()) },
    });
    const model = await find('new');
    expect(model.adapterPaths).toHaveLength(1);
    expect(model.projectorPaths).toHaveLength(1);
  });

  it('keeps several adapters in order, with their scales, and refuses surplus scales', async () => {
    const another = Buffer.concat([smallAdapter(), Buffer.alloc(1)]);
    const adapters = { 'b.gguf': await upload(smallAdapter()), 'a.gguf': await upload(another) };
    await create({ model: 'new', from: 'base', adapters, parameters: { adapter_scale: [0.5, 2] } });
    const model = await find('new');
    expect(model.adapterPaths.map((path) => path.split('sha256-')[1])).toEqual(
      Object.values(adapters).map((digest) => digest.split(':')[1]),
    );
    expect(model.parameters).toMatchObject({ adapter_scale: [0.5, 2] });
    const tooMany = create({ model: 'bad', from: 'new', parameters: { adapter_scale: [1, 2, 3] } });
    await expect(tooMany).rejects.toMatchObject({
      status: 400,
      message: 'parameter "adapter_scale" is given 3 times for 2 adapters: give it at most once per adapter',
    });
  });

  it('pulls a missing base model and reports success only once', async () => {
    const pull = async function* (name: ModelName): AsyncGenerator<ProgressResponse> {
      yield { status: 'pulling manifest' };
      await store.manifests.copy(ModelName.parse('base'), name);
      yield { status: 'success' };
    };
    const statuses = await create({ model: 'new', from: 'remote' }, { pull });
    expect(statuses[0]).toBe('pulling manifest');
    expect(statuses.filter((status) => status === 'success')).toHaveLength(1);
    expect((await find('new')).details.parent_model).toBe('remote:latest');
    await expect(create({ model: 'new', from: 'absent' })).rejects.toThrow('file does not exist');
  });
});

describe('an existing name', () => {
  it('is replaced, and unreferenced layers are removed', async () => {
    const digest = await upload(smallModel());
    await create({ model: 'mine', files: { 'model.gguf': digest }, system: 'first' });
    await create({ model: 'other', from: 'mine' });
    const shared = await blobFiles();
    await create({ model: 'mine', files: { 'model.gguf': digest }, system: 'second' });
    expect(await blobFiles()).toEqual(expect.arrayContaining(shared));
    await create({ model: 'other', from: 'mine' });
    expect((await find('other')).system).toBe('second');
    expect(await blobFiles()).toHaveLength(3);
  });

  it('keeps unreferenced layers when pruning is off', async () => {
    const digest = await upload(smallModel());
    await create({ model: 'mine', files: { 'model.gguf': digest }, system: 'first' });
    await create(
      { model: 'mine', files: { 'model.gguf': digest }, system: 'second' },
      { config: { noPrune: true } },
    );
    expect(await blobFiles()).toHaveLength(4);
  });
});

describe('refusals', () => {
  const someDigest = `sha256:${'a'.repeat(64)}`;
  const unusable: [Partial<CreateRequest>, string][] = [
    [{}, "neither 'from' or 'files' was specified"],
    [{ files: {} }, 'no files provided to convert'],
    [{ files: { a: '' } }, 'invalid digest format'],
    [{ files: { [`${'a/'.repeat(2048)}b`]: someDigest } }, 'is longer than 4096 characters'],
    [{ files: { a: 'sha256:../../etc/passwd' } }, 'invalid digest format'],
    [{ files: { a: someDigest }, adapters: { b: '' } }, 'invalid digest format'],
    [{ draft_quantize: 'Q4_0' }, '--draft-quantize requires a DRAFT model'],
    [{ model: 'no/such/host/x/y:z' }, 'invalid model name'],
    [{ model: '' }, 'invalid model name'],
    [{ from: './model.gguf' }, 'invalid model name'],
    [{ from: 'x@sha256' }, 'invalid model name'],
    [
      { from: 'x', files: { 'a.safetensors': someDigest } },
      'only one model is supported: leave out "from", or the safetensors',
    ],
    [{ from: 'x', quantize: 'Q9' }, 'unsupported quantization type Q9 - supported types are F32, F16, '],
    [{ from: 'x', quantization: 'iq1_s' }, 'IQ1_S needs an importance matrix'],
    [
      { from: 'x', draft_files: { 'd.safetensors': someDigest, 'e.gguf': someDigest } },
      'draft_files: only one draft model is supported',
    ],
    [
      { from: 'x', draft_files: { 'd.gguf': someDigest, 'e.gguf': someDigest } },
      'draft_files: only one draft model is supported',
    ],
    [{ from: 'x', draft_files: { '../d.gguf': someDigest } }, 'file path must be relative'],
    [{ from: 'x', remote_host: 'ollama.com' }, 'remote models are not supported'],
    [
      { from: 'x', adapters: Object.fromEntries([...'abcdefghijklmnopq'].map((name) => [name, someDigest])) },
      'adapters: at most 16 are allowed, got 17',
    ],
    [{ files: { 'a.safetensors': someDigest } }, `blob "${someDigest}" (a.safetensors) not found`],
    [{ files: { 'a.gguf': someDigest } }, `blob "${someDigest}" (a.gguf) not found: upload it first`],
  ];

  it.each(unusable)('%j', async (request, message) => {
    await expect(create({ model: 'mine', ...request })).rejects.toMatchObject({
      message: expect.stringContaining(message),
      status: 400,
    });
    expect(await blobFiles()).toEqual([]);
  });

  it.each(['/etc/passwd', '/no/such/file', '../up', 'a/../b', './a', 'a//b', ''])(
    'of the path %j are the same whether it exists or not (CVE-2024-39719)',
    async (path) => {
      await expect(create({ model: 'mine', files: { [path]: someDigest } })).rejects.toMatchObject({
        message: 'file path must be relative',
        status: 400,
      });
    },
  );

  it.each([
    ['context_length', -1, 'a non-negative integer'],
    ['model_family', 7, 'a string'],
    ['capabilities', 'tools', 'a list of strings'],
  ])('of info.%s = %j', async (field, value, kind) => {
    const files = { 'model.gguf': await upload(smallModel()) };
    await expect(create({ model: 'mine', files, info: { [field]: value } })).rejects.toMatchObject({
      message: `info field "${field}" must be ${kind}`,
      status: 400,
    });
    expect(await blobFiles()).toHaveLength(1);
  });

  it('of files that are not a model', async () => {
    const model = await upload(smallModel());
    const cases: [Partial<CreateRequest>, string | RegExp][] = [
      [{ files: { 'notes.txt': await upload('hello') } }, 'unknown type: notes.txt'],
      [{ files: { 'empty.bin': await upload('') } }, 'unknown type: empty.bin'],
      [{ files: { 'model.gguf': await upload('hello') } }, /^invalid GGUF file: .* \(model\.gguf\)$/],
      [{ files: { model: await upload('GGUF') } }, /^invalid GGUF file: .* \(model\)$/],
      [{ files: { a: await upload(smallProjector()) } }, 'no base model was found'],
      [{ files: { a: await upload(smallBigEndianModel()) } }, 'a is big-endian'],
      [{ files: { a: model, b: await upload(smallModel({}, 'qwen2')) } }, 'only one model is supported'],
      [{ files: { a: model }, adapters: { b: model } }, 'b is not an adapter but a model'],
      [
        { files: { a: model }, adapters: { b: await upload(smallAdapter('gemma2')) } },
        'for "gemma2" models, not "llama"',
      ],
      [
        { files: { a: await upload(smallModel({ 'split.count': { type: 'u16', value: 3 } })) } },
        'shard 2 of 3 is missing',
      ],
    ];
    for (const [request, message] of cases) {
      const before = await blobFiles();
      await expect(create({ model: 'mine', system: 'never stored', ...request })).rejects.toMatchObject({
        status: 400,
      });
      await expect(create({ model: 'mine', ...request })).rejects.toThrow(message);
      expect(await blobFiles()).toEqual(before);
    }
    expect(await catalog.list()).toEqual([]);
  });

  it('of every truncation of a GGUF file (CVE-2024-39720, CVE-2024-12055)', async () => {
    const whole = smallModel();
    for (let length = 0; length < whole.length; length += length < 64 ? 1 : 37) {
      const digest = await upload(whole.subarray(0, length));
      await expect(
        create({ model: 'mine', files: { 'model.gguf': digest } }),
        `${length} bytes`,
      ).rejects.toMatchObject({
        message: expect.stringMatching(/^invalid GGUF file: /),
        status: 400,
      });
    }
    expect(await store.manifests.read(ModelName.parse('mine'))).toBeUndefined();
  });

  it('of blobs that are not regular files (CVE-2024-39721)', async () => {
    const digest: Digest = `sha256:${'b'.repeat(64)}`;
    await symlink('/dev/zero', store.blobs.path(digest));
    await expect(create({ model: 'mine', files: { 'model.gguf': digest } })).rejects.toThrow('not found');
  });
});

describe('a create request that fails at the end', () => {
  it('leaves no new blob and keeps the former model', async () => {
    const digest = await upload(smallModel());
    const before = await blobFiles();
    await writeFile(join(folder, 'manifests'), 'a file where a folder must be');
    await expect(
      create({ model: 'mine', files: { a: digest }, system: 'new', license: 'new' }),
    ).rejects.toThrow();
    expect(await blobFiles()).toEqual(before);
  });

  it('does not reference a blob that was removed in the meantime', async () => {
    const digest = await upload(smallModel());
    const steps = createModel({ model: 'mine', files: { a: digest } }, { store, catalog, pull: noPull });
    const raced = (async () => {
      for await (const { status } of steps)
        if (status === 'writing manifest') await store.blobs.remove(digest);
    })();
    await expect(raced).rejects.toThrow(
      `blob "${digest}" was removed while the model was being created: try again`,
    );
    expect(await catalog.list()).toEqual([]);
    expect(await blobFiles()).toEqual([]);
  });

  it('is undone when canceled or abandoned before the manifest is written', async () => {
    const digest = await upload(smallModel());
    await create({ model: 'mine', files: { a: digest }, system: 'former' });
    const before = await blobFiles();
    const request = { model: 'mine', files: { a: digest }, system: 'new' };
    const controller = new AbortController();
    const canceled = (async () => {
      const options = { store, catalog, pull: noPull, signal: controller.signal };
      for await (const { status } of createModel(request, options))
        if (status === 'writing manifest') controller.abort();
    })();
    await expect(canceled).rejects.toMatchObject({ code: 'canceled' });
    expect(await blobFiles()).toEqual(before);

    for await (const { status } of createModel(request, { store, catalog, pull: noPull })) {
      if (status === 'writing manifest') break;
    }
    expect(await blobFiles()).toEqual(before);
    expect((await find('mine')).system).toBe('former');
  });
});
