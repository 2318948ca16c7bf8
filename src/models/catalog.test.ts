import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inlineTemplates } from '../../test/fakes/models/inline-templates.ts';
import { smallModel } from '../../test/fakes/models/small-gguf.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import { ModelName } from '../names/model-name.ts';
import { Store } from '../store/store.ts';
import { ModelCatalog } from './catalog.ts';
import { copyModel } from './copy.ts';
import { createModel } from './create.ts';
import { deleteModel } from './delete.ts';

let folder: string;
let store: Store;
let catalog: ModelCatalog;
let warnings: unknown[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catalog-'));
  warnings = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => void warnings.push([message, fields]),
  };
  store = new Store(folder, { logger });
  await store.prepare();
  catalog = new ModelCatalog({ store, logger, templates: inlineTemplates() });
});

afterEach(() => rm(folder, { recursive: true }));

const nameOf = (text: string) => ModelName.parse(text);
const manifestPath = (name: ModelName) =>
  join(folder, 'manifests', name.host, name.namespace, name.model, name.tag);

async function addModel(name: string, system = 'hello'): Promise<void> {
  async function* body() {
    yield smallModel();
  }
  const { digest } = await store.blobs.write(body());
  const request = { model: name, files: { 'model.gguf': digest }, system };
  const pull = () => {
    throw new Error('nothing to pull');
  };
  for await (const _ of createModel(request, { store, catalog, pull }));
}

const breakWeights = async (name: string) => {
  const model = await new ModelCatalog({ store, logger: silentLogger, templates: inlineTemplates() }).find(
    nameOf(name),
  );
  await writeFile(model?.weightsPath ?? '', 'GGUF');
};

describe('find', () => {
  it('returns undefined for an unknown name', async () => {
    expect(await catalog.find(nameOf('absent'))).toBeUndefined();
  });

  it('ignores letter case and returns the stored name', async () => {
    await addModel('Mine');
    expect((await catalog.find(nameOf('MINE:Latest')))?.name.short).toBe('Mine:latest');
  });

  it('sees a replaced manifest at once', async () => {
    await addModel('mine', 'first');
    expect((await catalog.find(nameOf('mine')))?.system).toBe('first');
    await addModel('mine', 'second');
    expect((await catalog.find(nameOf('mine')))?.system).toBe('second');
  });

  it('reads the blobs once per manifest, regardless of its names', async () => {
    await addModel('mine');
    await catalog.find(nameOf('mine'));
    await copyModel({ source: 'mine', destination: 'copy' }, { store });
    await breakWeights('mine');
    expect((await catalog.find(nameOf('copy')))?.name.short).toBe('copy:latest');
  });

  it.each([
    ['broken weights', async () => breakWeights('mine'), 'invalid GGUF file: '],
    [
      'missing weights',
      async () => store.blobs.remove((await weights()) as never),
      'not found: pull or create the model again',
    ],
    ['a broken manifest', async () => writeFile(manifestPath(nameOf('mine')), '{'), 'invalid manifest'],
  ])('throws for %s, naming the model', async (_, damage, reason) => {
    await addModel('mine');
    await damage();
    await expect(catalog.find(nameOf('mine'))).rejects.toMatchObject({
      status: 500,
      message: expect.stringContaining(reason),
    });
    await expect(catalog.find(nameOf('mine'))).rejects.toThrow('"mine:latest"');
  });

  const weights = async () => (await store.manifests.read(nameOf('mine')))?.manifest.layers[0]?.digest;
});

describe('list', () => {
  it('is empty for an empty or absent folder', async () => {
    expect(await catalog.list()).toEqual([]);
    expect(
      await new ModelCatalog({
        store: new Store(join(folder, 'absent')),
        logger: silentLogger,
        templates: inlineTemplates(),
      }).list(),
    ).toEqual([]);
  });

  it('returns the fields that clients show, newest first', async () => {
    await addModel('old');
    await addModel('someone/new:7b');
    await utimes(manifestPath(nameOf('old')), 1000, 1000);
    const models = await catalog.list();
    expect(models.map(({ name }) => name)).toEqual(['someone/new:7b', 'old:latest']);
    expect(models[1]).toEqual({
      name: 'old:latest',
      model: 'old:latest',
      modified_at: '1970-01-01T00:16:40.000Z',
      size: expect.any(Number),
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      details: {
        parent_model: '',
        format: 'gguf',
        family: 'llama',
        families: ['llama'],
        parameter_size: '64',
        quantization_level: 'F32',
        context_length: 2048,
        embedding_length: 64,
      },
      capabilities: ['completion'],
    });
  });

  it('leaves out unusable models with a warning', async () => {
    await addModel('good');
    await addModel('bad', 'other');
    await writeFile(manifestPath(nameOf('bad')), 'not JSON');
    for (let round = 0; round < 2; round++) {
      expect((await catalog.list()).map(({ name }) => name)).toEqual(['good:latest']);
    }
    const path = manifestPath(nameOf('bad'));
    const reason = expect.stringContaining('not JSON');
    expect(warnings).toEqual([['a manifest cannot be used; it is skipped', { path, reason }]]);
    await breakWeights('good');
    expect(
      await new ModelCatalog({ store, logger: silentLogger, templates: inlineTemplates() }).list(),
    ).toEqual([]);
  });

  it('lists models without GGUF weights by their config', async () => {
    const config = await store.blobs.writeText(
      '{"model_format":"safetensors","model_family":"qwen3","model_type":"8B"}',
    );
    const layer = {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      digest: config.digest,
      size: config.size,
    };
    await store.manifests.write(
      nameOf('mlx'),
      JSON.stringify({ schemaVersion: 2, config: layer, layers: [] }),
    );
    expect((await catalog.list())[0]?.details).toMatchObject({
      format: 'safetensors',
      family: 'qwen3',
      families: null,
    });
    await expect(catalog.find(nameOf('mlx'))).rejects.toThrow(
      'it has no GGUF weights (format "safetensors")',
    );
  });
});

describe('copy', () => {
  it('shares the blobs and replaces an existing destination', async () => {
    await addModel('mine', 'first');
    await addModel('other', 'second');
    await copyModel({ source: 'mine', destination: 'other' }, { store });
    expect((await catalog.find(nameOf('other')))?.system).toBe('first');
    await copyModel({ source: 'mine', destination: 'mine' }, { store });
  });

  it.each([
    [{ source: '', destination: 'b' }, 400, 'source "" is invalid'],
    [{ source: '../../etc/passwd', destination: 'b' }, 400, 'source "../../etc/passwd" is invalid'],
    [{ source: 'mine', destination: 'a b' }, 400, 'destination "a b" is invalid'],
    [{ source: 'absent', destination: 'b' }, 404, 'model "absent" not found'],
  ])('refuses %j', async (request, status, message) => {
    await expect(copyModel(request, { store })).rejects.toMatchObject({ status, message });
  });
});

describe('delete', () => {
  it('removes the manifest and the blobs that no other model uses', async () => {
    await addModel('mine', 'mine only');
    await addModel('other', 'other only');
    await deleteModel({ model: 'mine' }, { store });
    expect(await catalog.find(nameOf('mine'))).toBeUndefined();
    expect((await catalog.find(nameOf('other')))?.system).toBe('other only');
    await deleteModel({ name: 'other' }, { store });
    expect(await store.blobs.list()).toEqual([]);
  });

  it('removes a model with a broken manifest', async () => {
    await addModel('mine');
    await writeFile(manifestPath(nameOf('mine')), '{');
    await deleteModel({ model: 'mine' }, { store });
    expect((await store.manifests.list()).broken).toEqual([]);
  });

  it.each([
    [{}, 400, 'model is required'],
    [{ model: '../../../etc' }, 400, 'name "../../../etc" is invalid'],
    [{ model: 'absent' }, 404, "model 'absent' not found"],
  ])('refuses %j', async (request, status, message) => {
    await expect(deleteModel(request, { store })).rejects.toMatchObject({ status, message });
  });
});
