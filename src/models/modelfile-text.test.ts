import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inlineTemplates } from '../../test/fakes/models/inline-templates.ts';
import { smallAdapter, smallModel, smallProjector } from '../../test/fakes/models/small-gguf.ts';
import { type CreateRequest, createRequestSchema } from '../api/create.ts';
import { silentLogger } from '../base/logger.ts';
import { modelfileContents } from '../modelfile/contents.ts';
import { parseModelfile } from '../modelfile/parse.ts';
import { ModelName } from '../names/model-name.ts';
import { mediaTypes } from '../store/manifest.ts';
import { Store } from '../store/store.ts';
import { ModelCatalog } from './catalog.ts';
import { createModel } from './create.ts';
import type { Model } from './model.ts';
import { modelfileText } from './modelfile-text.ts';

let folder: string;
let store: Store;
let catalog: ModelCatalog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelfile-text-'));
  store = new Store(folder);
  catalog = new ModelCatalog({ store, logger: silentLogger, templates: inlineTemplates() });
});

afterEach(() => rm(folder, { recursive: true }));

async function upload(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  async function* body() {
    for await (const piece of content) yield piece;
  }
  return (await store.blobs.write(body())).digest;
}

async function create(request: CreateRequest): Promise<Model> {
  const pull = () => {
    throw new Error('nothing to pull');
  };
  for await (const _ of createModel(createRequestSchema.parse(request), { store, catalog, pull }));
  const model = await catalog.find(ModelName.parse(request.model ?? ''));
  if (!model) throw new Error('the model is missing');
  return model;
}

/** Like the command line: uploads the files that the Modelfile names, then creates the model. */
async function createFrom(modelfile: string, model: string): Promise<Model> {
  const contents = modelfileContents(parseModelfile(modelfile));
  const uploaded = async (paths: readonly string[]) =>
    Object.fromEntries(
      await Promise.all(paths.map(async (path) => [basename(path), await upload(createReadStream(path))])),
    ) as Record<string, string>;
  const { from, adapters, drafts, licenses, messages, parameters, warnings, ...texts } = contents;
  expect(warnings).toEqual([]);
  return create({
    model,
    ...texts,
    files: await uploaded(from),
    adapters: await uploaded(adapters),
    draft_files: await uploaded(drafts),
    license: [...licenses],
    messages: messages.map((message) => ({ ...message })),
    parameters,
  });
}

async function digestsOf(name: string): Promise<{ config: string; layers: string[] }> {
  const stored = await store.manifests.read(ModelName.parse(name));
  if (!stored) throw new Error(`no manifest of ${name}`);
  const { config, layers } = stored.manifest;
  return {
    config: config.digest,
    layers: layers.map((layer) => `${layer.mediaType} ${layer.digest}`).sort(),
  };
}

const texts: CreateRequest = {
  template: '{{ if .System }}{{ .System }}\n\n{{ end }}"{{ .Prompt }}"',
  system: 'Answer as in\n  """docs"""\nand be brief. ',
  license: ['MIT\n\n  "as is"', ' Apache ', '"quoted"'],
  parameters: {
    temperature: 0.7,
    top_p: 1e-7,
    num_ctx: 4096,
    seed: -1,
    stop: ['<|end|>', '"', '\n', ' User: ', '"""', '\u0000', '\u200D'],
    use_mmap: false,
    logit_bias: [
      [3, 1.5],
      ['a "b"\n', false],
    ],
    dry_sequence_breakers: ['\n', '"', ':'],
    grammar: 'root ::= "yes"\n  | "no"',
  },
  messages: [
    { role: 'system', content: '' },
    { role: 'user', content: ' hi: "you"\r\n' },
    { role: 'assistant', content: '"""' },
  ],
  renderer: 'lfm2',
  parser: 'p',
  requires: '0.14.0',
};

describe('the printed Modelfile', () => {
  it('reproduces the same layers and the same config', async () => {
    const parts = {
      files: { 'model.gguf': await upload([smallModel()]), 'mmproj.gguf': await upload([smallProjector()]) },
      adapters: { 'lora.gguf': await upload([smallAdapter()]) },
    };
    const first = await create({ model: 'first', ...texts, ...parts });
    await createFrom(modelfileText(first), 'second');
    const { config, layers } = await digestsOf('first');
    expect(layers).toHaveLength(10);
    expect(await digestsOf('second')).toEqual({ config, layers });
  });

  it('reproduces a bare model and one based on another model', async () => {
    const bare = await create({ model: 'bare', files: { 'model.gguf': await upload([smallModel()]) } });
    await createFrom(modelfileText(bare), 'bare-again');
    expect(await digestsOf('bare-again')).toEqual(await digestsOf('bare'));
    const derived = await create({ model: 'derived', from: 'bare', system: 'x', parameters: { top_k: 3 } });
    await createFrom(modelfileText(derived), 'derived-again');
    expect(await digestsOf('derived-again')).toEqual(await digestsOf('derived'));
  });

  it('includes draft layers, which then appear in the create request', async () => {
    const bare = await create({ model: 'bare', files: { 'model.gguf': await upload([smallModel()]) } });
    const stored = await store.manifests.read(bare.name);
    if (!stored) throw new Error('no manifest');
    const digest = await upload([smallModel()]);
    const size = (await store.blobs.size(digest)) ?? 0;
    const layers = [...stored.manifest.layers, { mediaType: mediaTypes.draft, digest, size }];
    await store.manifests.write(bare.name, JSON.stringify({ ...stored.manifest, layers }));
    const model = await catalog.find(bare.name);
    if (!model) throw new Error('no model');
    const lines = modelfileText(model).split('\n').slice(4);
    expect(lines).toEqual([`FROM ${bare.weightsPath}`, `DRAFT ${store.blobs.path(digest)}`, '']);
    await createFrom(lines.join('\n'), 'again');
    expect(await digestsOf('again')).toEqual(await digestsOf('bare'));
  });
});
