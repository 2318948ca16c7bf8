/** Models with a projector: from two files, from another model, and from one file that holds both. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inlineTemplates } from '../../test/fakes/models/inline-templates.ts';
import { smallModel, smallProjector } from '../../test/fakes/models/small-gguf.ts';
import type { CreateRequest } from '../api/create.ts';
import { silentLogger } from '../base/logger.ts';
import type { GgufValue } from '../gguf/types.ts';
import type { Digest } from '../names/digest.ts';
import { ModelName } from '../names/model-name.ts';
import { mediaTypes } from '../store/manifest.ts';
import { Store } from '../store/store.ts';
import { ModelCatalog } from './catalog.ts';
import { createModel } from './create.ts';
import { showModel } from './show.ts';

let folder: string;
let store: Store;
let catalog: ModelCatalog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'create-projector-'));
  store = new Store(folder);
  await store.prepare();
  catalog = new ModelCatalog({ store, logger: silentLogger, templates: inlineTemplates() });
});
afterEach(() => rm(folder, { recursive: true }));

const text = (value: string): GgufValue => ({ type: 'string', value });
const u32 = (value: number): GgufValue => ({ type: 'u32', value });
const flag = (value: boolean): GgufValue => ({ type: 'bool', value });

async function upload(bytes: Uint8Array): Promise<Digest> {
  async function* body() {
    yield bytes;
  }
  return (await store.blobs.write(body())).digest;
}

const noPull = () => {
  throw new Error('nothing to pull from');
};

async function create(request: CreateRequest): Promise<void> {
  for await (const _ of createModel(request, { store, catalog, pull: noPull }));
}

async function find(name: string) {
  const model = await catalog.find(ModelName.parse(name));
  if (!model) throw new Error(`no model ${name}`);
  return model;
}

async function createWith(projector: Uint8Array) {
  await create({
    model: 'm',
    files: { 'model.gguf': await upload(smallModel()), 'mmproj.gguf': await upload(projector) },
  });
  return find('m');
}

const audio = {
  'clip.has_audio_encoder': flag(true),
  'clip.audio.projector_type': text('ultravox'),
  'clip.audio.embedding_length': u32(32),
  'clip.audio.feed_forward_length': u32(64),
  'clip.audio.block_count': u32(2),
  'clip.audio.attention.head_count': u32(2),
  'clip.audio.num_mel_bins': u32(80),
};

describe('a model with a projector', () => {
  it('takes pictures, is of both families, and shows what encodes them', async () => {
    const model = await createWith(smallProjector());
    expect(model.capabilities).toEqual(['completion', 'vision']);
    expect(model.details.families).toEqual(['llama', 'clip']);
    expect(model.projector).toMatchObject({
      path: model.projectorPaths[0],
      isInWeights: false,
      facts: { type: 'gemma3', hasVision: true, hasAudio: false },
    });
    expect((await showModel(model, {})).projector_info).toMatchObject({
      'general.architecture': 'clip',
      'clip.vision.projection_dim': 64,
    });
  });

  it('takes sound, too, if it has an encoder for it', async () => {
    expect((await createWith(smallProjector(audio))).capabilities).toEqual(['completion', 'vision', 'audio']);
  });

  it('takes only sound if that is all there is', async () => {
    const model = await createWith(smallProjector({ ...audio, 'clip.has_vision_encoder': flag(false) }));
    expect(model.capabilities).toEqual(['completion', 'audio']);
  });

  it('passes it on to models made from it', async () => {
    await createWith(smallProjector());
    await create({ model: 'other', from: 'm', system: 'Be brief.' });
    const other = await find('other');
    expect(other.capabilities).toContain('vision');
    expect(other.projector?.digest).toBe((await find('m')).projector?.digest);
  });
});

describe('a projector that cannot be used', () => {
  it.each([
    [
      'of an unknown type',
      { 'clip.vision.projector_type': text('telepathy') },
      /mmproj.gguf: encoders of pictures of the type "telepathy" are not supported; the supported types are .*gemma3/,
    ],
    [
      'of an unknown type of sound',
      { ...audio, 'clip.audio.projector_type': text('telepathy') },
      /mmproj.gguf: encoders of sound of the type "telepathy" are not supported; the supported types are .*ultravox/,
    ],
    [
      'of a type that the engine does not build',
      { 'clip.vision.projector_type': text('yasa2') },
      /mmproj.gguf: encoders of pictures of the type "yasa2" are not supported; the supported types are .*gemma3/,
    ],
    [
      'without heads',
      { 'clip.vision.attention.head_count': u32(0) },
      /mmproj.gguf: this projector cannot be used: .*head_count/,
    ],
  ])('is refused: %s', async (_, metadata, message) => {
    await expect(createWith(smallProjector(metadata))).rejects.toThrow(message);
    expect(await store.manifests.read(ModelName.parse('m'))).toBeUndefined();
  });

  it('leaves a model that was pulled usable for text, and says why it takes no pictures', async () => {
    const model = await createWith(smallProjector());
    const stored = await store.manifests.read(model.name);
    const unknown = await upload(smallProjector({ 'clip.vision.projector_type': text('telepathy') }));
    const layers = (stored?.manifest.layers ?? []).map((layer) =>
      layer.mediaType === mediaTypes.projector ? { ...layer, digest: unknown } : layer,
    );
    await store.manifests.write(ModelName.parse('pulled'), JSON.stringify({ ...stored?.manifest, layers }));
    const pulled = await find('pulled');
    expect(pulled.capabilities).toEqual(['completion']);
    expect(pulled.projector).toBeUndefined();
    expect(pulled.projectorProblem).toContain('"telepathy"');
  });
});

it.each(['mllama', 'nemotron_h_omni'])('a model of the architecture %s is refused', async (architecture) => {
  const weights = await upload(smallModel({}, architecture));
  await expect(create({ model: 'one', files: { 'model.gguf': weights } })).rejects.toMatchObject({
    code: 'invalid-request',
    message: expect.stringContaining(`models of the architecture ${architecture} (`),
  });
  expect(await store.manifests.read(ModelName.parse('one'))).toBeUndefined();
});

it('encoders inside the weights are used as those of a file of their own', async () => {
  const weights = smallModel(
    {
      'gemma3.vision.block_count': u32(2),
      'gemma3.vision.embedding_length': u32(32),
      'gemma3.vision.feed_forward_length': u32(64),
      'gemma3.vision.image_size': u32(56),
      'gemma3.vision.patch_size': u32(14),
      'gemma3.vision.attention.head_count': u32(2),
      'gemma3.vision.attention.layer_norm_epsilon': { type: 'f32', value: 1e-6 },
    },
    'gemma3',
    ['v.patch_embedding.weight'],
  );
  await create({ model: 'one', files: { 'model.gguf': await upload(weights) } });
  const model = await find('one');
  expect(model.projector).toMatchObject({
    path: model.weightsPath,
    isInWeights: true,
    facts: { type: 'gemma3' },
  });
  expect(model.capabilities).toEqual(['completion', 'vision']);
});
