import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inlineTemplates } from '../../test/fakes/models/inline-templates.ts';
import { smallAdapter, smallModel, smallProjector } from '../../test/fakes/models/small-gguf.ts';
import type { CreateRequest } from '../api/create.ts';
import { silentLogger } from '../base/logger.ts';
import { modelfileContents } from '../modelfile/contents.ts';
import { parseModelfile } from '../modelfile/parse.ts';
import { ModelName } from '../names/model-name.ts';
import { Store } from '../store/store.ts';
import { ModelCatalog } from './catalog.ts';
import { createModel } from './create.ts';
import type { Model } from './model.ts';
import { showModel } from './show.ts';

let folder: string;
let store: Store;
let catalog: ModelCatalog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'show-'));
  store = new Store(folder);
  catalog = new ModelCatalog({ store, logger: silentLogger, templates: inlineTemplates() });
});

afterEach(() => rm(folder, { recursive: true }));

async function upload(content: Uint8Array) {
  async function* body() {
    yield content;
  }
  return (await store.blobs.write(body())).digest;
}

async function modelWith(request: CreateRequest, weights = smallModel()): Promise<Model> {
  const files = { 'model.gguf': await upload(weights), ...request.files };
  const pull = () => {
    throw new Error('nothing to pull');
  };
  for await (const _ of createModel({ model: 'mine', ...request, files }, { store, catalog, pull }));
  const model = await catalog.find(ModelName.parse('mine'));
  if (!model) throw new Error('the model is missing');
  return model;
}

it('shows a bare model without empty fields', async () => {
  const model = await modelWith({});
  const shown = await showModel(model, {});
  expect(shown).toEqual({
    modelfile: expect.any(String),
    template: '{{ messages }}',
    details: model.details,
    model_info: {
      'general.architecture': 'llama',
      'general.file_type': 0,
      'general.parameter_count': 64,
      'llama.attention.head_count': 4,
      'llama.block_count': 2,
      'llama.context_length': 2048,
      'llama.embedding_length': 64,
      'tokenizer.ggml.tokens': [],
    },
    tensors: [{ name: 'output_norm.weight', type: 'F32', shape: [64] }],
    capabilities: ['completion'],
    modified_at: model.modifiedAt.toISOString(),
  });
  const verbose = await showModel(model, { verbose: true });
  expect(verbose.model_info['tokenizer.ggml.tokens']).toEqual(['<unk>', '<s>', '</s>', 'a', 'b', 'c']);
});

const rich: CreateRequest = {
  template: '{{ .Prompt }}',
  system: 'You are "short".\nVery.',
  license: ['MIT', 'Apache'],
  parameters: {
    temperature: 0.7,
    num_ctx: 4096,
    stop: ['<|end|>', 'a "quote"'],
    use_mmap: false,
    logit_bias: [
      [3, 1.5],
      ['a "b"', false],
    ],
    dry_sequence_breakers: ['\n', '"', ':'],
    grammar: 'root ::= "yes"\n  | "no"',
  },
  messages: [
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: 'ho' },
  ],
  renderer: 'lfm2',
  parser: 'p',
  requires: '0.14.0',
};

it('shows texts, parameters and projector of a rich model', async () => {
  const model = await modelWith({ ...rich, files: { 'mmproj.gguf': await upload(smallProjector()) } });
  const shown = await showModel(model, {});
  expect(shown).toMatchObject({
    license: 'MIT\nApache',
    template: '{{ .Prompt }}',
    system: rich.system,
    messages: rich.messages,
    renderer: 'lfm2',
    parser: 'p',
    requires: '0.14.0',
    projector_info: { 'general.architecture': 'clip', 'clip.has_vision_encoder': true },
    capabilities: ['completion', 'vision'],
  });
  expect(shown.parameters?.split('\n')).toEqual([
    'dry_sequence_breakers          "\\n"',
    'dry_sequence_breakers          "\\""',
    'dry_sequence_breakers          ":"',
    'grammar                        "root ::= \\"yes\\"\\n  | \\"no\\""',
    'logit_bias                     [[3,1.5],["a \\"b\\"",false]]',
    'num_ctx                        4096',
    'stop                           "<|end|>"',
    'stop                           "a \\"quote\\""',
    'temperature                    0.7',
    'use_mmap                       false',
  ]);
});

it('shows system and options of the request instead of those of the model', async () => {
  const shown = await showModel(await modelWith(rich), {
    system: 'other',
    options: { temperature: 0.1, seed: 3 },
  });
  expect(shown.system).toBe('other');
  expect(shown.parameters).toContain('temperature                    0.1');
  expect(shown.parameters).toContain('seed                           3');
  expect(shown.parameters).toContain('num_ctx                        4096');
});

it('prints a Modelfile that parses back to the same model', async () => {
  const adapters = { 'lora.gguf': await upload(smallAdapter()) };
  const model = await modelWith({ ...rich, adapters });
  const { modelfile = '' } = await showModel(model, {});
  expect(modelfile.split('\n').slice(0, 5)).toEqual([
    '# Modelfile generated by "ollama show"',
    '# To build a new Modelfile based on this, replace FROM with:',
    '# FROM mine:latest',
    '',
    `FROM ${model.weightsPath}`,
  ]);
  expect(modelfileContents(parseModelfile(modelfile))).toMatchObject({
    from: [model.weightsPath],
    adapters: model.adapterPaths,
    template: rich.template,
    system: rich.system,
    licenses: rich.license,
    parameters: rich.parameters,
    messages: rich.messages,
    renderer: 'lfm2',
    parser: 'p',
  });
});

describe('capabilities', () => {
  const withTemplate = (value: string) =>
    smallModel({ 'tokenizer.chat_template': { type: 'string', value } });

  it.each([
    ['{% if tools %}{{ tools }}{% endif %}', ['completion', 'tools']],
    ['{{ "<think>" }}{{ "</think>" }}', ['completion', 'thinking']],
    ["{{ content.split('</think>')[-1] }}", ['completion', 'thinking']],
    ["{{ message.reasoning_content or content.split('</think>')[-1] }}", ['completion']],
    ['{{ messages }}', ['completion']],
  ])('come from the chat template %j', async (template, capabilities) => {
    expect((await modelWith({}, withTemplate(template))).capabilities).toEqual(capabilities);
  });

  it.each([
    [
      'renderer and parser',
      { renderer: 'lfm2', parser: 'lfm2-thinking' },
      ['completion', 'tools', 'thinking'],
    ],
    [
      'a Go template',
      { template: '{{ .Tools }}{{ .Messages }}{{ .Suffix }}' },
      ['completion', 'tools', 'insert'],
    ],
    ['Jinja in TEMPLATE', { template: '{% if tools %}{% endif %}' }, ['completion', 'tools']],
  ])('come from %s, also in the list', async (_, create, capabilities) => {
    const { name } = await modelWith(create);
    const [listed] = await catalog.list();
    expect((await catalog.find(name))?.capabilities).toEqual(capabilities);
    expect(listed?.capabilities).toEqual(capabilities);
  });

  it.each([
    [1, 'embedding'],
    [4, 'rerank'],
  ])('with pooling %i: %s', async (value, capability) => {
    const weights = smallModel({ 'bert.pooling_type': { type: 'u32', value } }, 'bert');
    expect((await modelWith({}, weights)).capabilities).toEqual([capability]);
  });
});
