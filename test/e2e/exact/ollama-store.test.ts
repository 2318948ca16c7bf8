import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import {
  createModel,
  filesBelow,
  post,
  randomModelBytes,
  sha256,
  sha256OfFile,
} from '../support/server-requests.ts';

const image = 'application/vnd.ollama.image';
const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';
const configType = 'application/vnd.docker.container.image.v1+json';

interface Layer {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

let modelsFolder: string;
let server: TestServer;
let weights: Uint8Array;

beforeEach(async () => {
  modelsFolder = await mkdtemp(join(tmpdir(), 'ollama-models-'));
  weights = await randomModelBytes();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(modelsFolder, { recursive: true });
});

const blobPath = (digest: string) => join(modelsFolder, 'blobs', digest.replace(':', '-'));

async function put(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content, { mode: 0o644 });
}

async function putBlob(mediaType: string, content: Uint8Array | string): Promise<Layer> {
  const digest = sha256(content);
  await put(blobPath(digest), content);
  return { mediaType, digest, size: Buffer.byteLength(content) };
}

/** JSON as Go encodes it: fields in the order of the structs, no spaces; locally created manifests end in a newline. */
async function putManifest(path: string, layers: Layer[], { end = '\n', config = {} } = {}) {
  const fields = {
    model_format: 'gguf',
    model_family: 'llama',
    model_families: ['llama'],
    model_type: '49.9K',
    file_type: 'F32',
    ...config,
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: await putBlob(configType, JSON.stringify(fields)),
    layers,
  };
  const text = `${JSON.stringify(manifest)}${end}`;
  await put(join(modelsFolder, 'manifests', path), text);
  const size = [manifest.config, ...layers].reduce((total, layer) => total + layer.size, 0);
  return { digest: sha256(text).slice('sha256:'.length), size };
}

/** A model with every usual layer. */
async function putAssistant(path: string, options = {}) {
  return putManifest(
    path,
    [
      await putBlob(`${image}.model`, weights),
      await putBlob(
        `${image}.template`,
        '{{ if .System }}{{ .System }}\n{{ end }}user: {{ .Prompt }}\nassistant: ',
      ),
      await putBlob(`${image}.system`, 'Be brief.'),
      await putBlob(`${image}.params`, '{"num_ctx":128,"stop":["<end>","</s>"],"temperature":0}'),
      await putBlob(`${image}.license`, 'Apache-2.0'),
      await putBlob(`${image}.license`, 'And be kind.'),
      await putBlob(
        `${image}.messages`,
        '[{"role":"user","content":"hi"},{"role":"assistant","content":"ho"}]',
      ),
    ],
    options,
  );
}

const start = async () => {
  server = await startTestServer({ modelsFolder });
};
const tags = async () => {
  const response = await fetch(`${server.url}/api/tags`);
  return ((await response.json()) as { models: Record<string, unknown>[] }).models;
};
const names = async () => (await tags()).map(({ name }) => name);
const run = (model: string, fields = {}) =>
  post(server, '/api/generate', {
    model,
    prompt: 'hi',
    stream: false,
    options: { num_predict: 4 },
    ...fields,
  });

describe("a models folder of Ollama's", () => {
  it('is listed with digest and size', async () => {
    const { digest, size } = await putAssistant('registry.ollama.ai/library/assistant/latest');
    await start();
    expect(await tags()).toEqual([
      expect.objectContaining({
        name: 'assistant:latest',
        model: 'assistant:latest',
        digest,
        size,
        details: expect.objectContaining({
          parent_model: '',
          format: 'gguf',
          family: 'llama',
          families: ['llama'],
          parameter_size: '49.9K',
          quantization_level: 'F32',
        }),
      }),
    ]);
  });

  it('is read layer by layer', async () => {
    await putAssistant('registry.ollama.ai/library/assistant/latest');
    await start();
    const { body } = await post(server, '/api/show', { model: 'assistant' });
    expect(body).toMatchObject({
      system: 'Be brief.',
      template: expect.stringContaining('{{ .Prompt }}'),
      license: 'Apache-2.0\nAnd be kind.',
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'ho' },
      ],
      model_info: { 'general.architecture': 'llama' },
    });
    const { parameters } = body as { parameters: string };
    expect(parameters.split('\n').sort()).toEqual([
      expect.stringMatching(/^num_ctx +128$/),
      expect.stringMatching(/^stop +"<\/s>"$/),
      expect.stringMatching(/^stop +"<end>"$/),
      expect.stringMatching(/^temperature +0$/),
    ]);
  });

  it('runs, with the parameters of the model', async () => {
    const { digest } = await putAssistant('registry.ollama.ai/library/assistant/latest');
    await start();
    const first = await run('assistant');
    expect(first).toMatchObject({ status: 200, body: { done: true } });
    // The model's temperature is 0, so the answer repeats.
    expect((await run('assistant')).body).toMatchObject({
      response: (first.body as { response: string }).response,
    });
    const running = (await (await fetch(`${server.url}/api/ps`)).json()) as { models: unknown[] };
    expect(running.models).toMatchObject([{ name: 'assistant:latest', digest, context_length: 128 }]);
  });

  it('may contain names of any letter case, other owners and other hosts', async () => {
    const layers = [await putBlob(`${image}.model`, weights)];
    const paths = {
      'registry.ollama.ai/library/Mixed-Case/Q4_K_M': 'Mixed-Case:Q4_K_M',
      'registry.ollama.ai/someone/model/1.5b': 'someone/model:1.5b',
      'hf.co/Some-User/Model-GGUF/Q8_0': 'hf.co/Some-User/Model-GGUF:Q8_0',
      'localhost:5000/team/model/latest': 'localhost:5000/team/model:latest',
    };
    for (const path of Object.keys(paths)) await putManifest(path, layers);
    await start();
    expect((await names()).sort()).toEqual(Object.values(paths).sort());
    for (const name of [...Object.values(paths), 'mixed-case:q4_k_m', 'HF.co/some-user/model-gguf:q8_0'])
      expect(await run(name)).toMatchObject({ status: 200 });
  });

  it('keeps the existing letter case when a model is written again', async () => {
    await putManifest('registry.ollama.ai/library/Mixed/Big', [await putBlob(`${image}.model`, weights)]);
    await start();
    await post(server, '/api/create', {
      model: 'mixed:BIG',
      from: 'MIXED:big',
      system: 'new',
      stream: false,
    });
    expect(await filesBelow(join(modelsFolder, 'manifests'))).toEqual([
      'registry.ollama.ai/library/Mixed/Big',
    ]);
    expect(await names()).toEqual(['Mixed:Big']);
  });

  it('is listed newest first, whether manifests end in a newline or not', async () => {
    const layers = [await putBlob(`${image}.model`, weights)];
    const ages = { middle: 2, newest: 1, oldest: 3 };
    for (const [name, days] of Object.entries(ages)) {
      const path = `registry.ollama.ai/library/${name}/latest`;
      await putManifest(path, layers, { end: name === 'middle' ? '' : '\n' });
      const time = new Date(Date.now() - days * 86_400_000);
      await utimes(join(modelsFolder, 'manifests', path), time, time);
    }
    await start();
    expect(await names()).toEqual(['newest:latest', 'middle:latest', 'oldest:latest']);
  });

  it('with a broken manifest still lists and runs the other models, and loses nothing', async () => {
    await putAssistant('registry.ollama.ai/library/assistant/latest');
    await put(join(modelsFolder, 'manifests/registry.ollama.ai/library/broken/latest'), '{"schemaVersion":');
    await put(join(modelsFolder, 'manifests/registry.ollama.ai/library/.DS_Store'), 'x');
    const before = await filesBelow(modelsFolder);
    await start();
    expect(await names()).toEqual(['assistant:latest']);
    expect(await run('assistant')).toMatchObject({ status: 200 });
    expect(await run('broken')).toMatchObject({
      status: 500,
      body: { error: expect.stringContaining('broken') },
    });
    expect(await filesBelow(modelsFolder)).toEqual(before);
  });

  it('keeps shared blobs until the last model that refers to them is deleted', async () => {
    const layers = [await putBlob(`${image}.model`, weights)];
    await putManifest('registry.ollama.ai/library/one/latest', layers);
    await putManifest('registry.ollama.ai/library/two/latest', [
      ...layers,
      await putBlob(`${image}.system`, 'only of two'),
    ]);
    await start();
    const remove = (model: string) =>
      fetch(`${server.url}/api/delete`, { method: 'DELETE', body: JSON.stringify({ model }) });
    expect((await remove('two')).status).toBe(200);
    const left = await filesBelow(modelsFolder);
    expect(left).not.toContain(`blobs/${sha256('only of two').replace(':', '-')}`);
    expect(await run('one')).toMatchObject({ status: 200 });
    expect((await remove('one')).status).toBe(200);
    expect(await filesBelow(modelsFolder)).toEqual([]);
  });
});

describe('what create writes', () => {
  const request = {
    template: '{{ .Prompt }}',
    system: 'Be brief.',
    license: ['Apache-2.0', 'And be kind.'],
    parameters: { temperature: 0.5, num_ctx: 128, stop: ['<end>'] },
    messages: [{ role: 'user', content: 'hi' }],
    renderer: 'lfm2',
    parser: 'some-parser',
    requires: '0.14.0',
  };

  it("is a manifest in Ollama's location and format", async () => {
    await start();
    await createModel(server, 'Team/Assistant:V1', weights, request);
    const path = 'manifests/registry.ollama.ai/Team/Assistant/V1';
    expect((await filesBelow(modelsFolder)).filter((file) => !file.startsWith('blobs/'))).toEqual([path]);

    const text = await readFile(join(modelsFolder, path), 'utf8');
    const manifest = JSON.parse(text);
    expect(text).toBe(`${JSON.stringify(manifest)}\n`);
    expect(Object.keys(manifest)).toEqual(['schemaVersion', 'mediaType', 'config', 'layers']);
    expect([manifest.schemaVersion, manifest.mediaType]).toEqual([2, manifestType]);
    expect(manifest.config.mediaType).toBe(configType);
    for (const layer of [manifest.config, ...manifest.layers])
      expect(Object.keys(layer)).toEqual(['mediaType', 'digest', 'size']);
    expect(manifest.layers.map((layer: Layer) => layer.mediaType).sort()).toEqual(
      ['model', 'template', 'system', 'license', 'license', 'params', 'messages']
        .sort()
        .map((kind) => `${image}.${kind}`),
    );
    expect(manifest.layers[0]).toEqual({
      mediaType: `${image}.model`,
      digest: sha256(weights),
      size: weights.length,
    });
  });

  it("is a config with Ollama's fields in the same order", async () => {
    await start();
    await createModel(server, 'assistant', weights, {
      ...request,
      info: { context_length: 77, base_name: 'basis' },
    });
    const manifest = JSON.parse(
      await readFile(join(modelsFolder, 'manifests/registry.ollama.ai/library/assistant/latest'), 'utf8'),
    );
    const text = await readFile(blobPath(manifest.config.digest), 'utf8');
    const config = JSON.parse(text);
    expect(text).toBe(JSON.stringify(config));
    expect(Object.entries(config)).toEqual([
      ['model_format', 'gguf'],
      ['model_family', 'llama'],
      ['model_families', ['llama']],
      ['model_type', expect.stringMatching(/^[\d.]+K$/)],
      ['file_type', 'F32'],
      ['renderer', 'lfm2'],
      ['parser', 'some-parser'],
      ['requires', '0.14.0'],
      ['context_length', 77],
      ['base_name', 'basis'],
      ['architecture', 'amd64'],
      ['os', 'linux'],
    ]);
  });

  it('is blobs named by their sha256, with the sizes in the manifest', async () => {
    await start();
    await createModel(server, 'assistant', weights, request);
    const manifest = JSON.parse(
      await readFile(join(modelsFolder, 'manifests/registry.ollama.ai/library/assistant/latest'), 'utf8'),
    );
    const layers: Layer[] = [manifest.config, ...manifest.layers];
    const stored = (await filesBelow(modelsFolder)).filter((file) => file.startsWith('blobs/'));
    expect(stored).toEqual(layers.map(({ digest }) => `blobs/${digest.replace(':', '-')}`).sort());
    for (const { digest, size } of layers) {
      expect(await sha256OfFile(blobPath(digest))).toBe(digest);
      expect((await readFile(blobPath(digest))).length).toBe(size);
    }
    const textOf = async (kind: string) => {
      const wanted = layers.filter(({ mediaType }) => mediaType === `${image}.${kind}`);
      return Promise.all(wanted.map(({ digest }) => readFile(blobPath(digest), 'utf8')));
    };
    expect(await textOf('template')).toEqual(['{{ .Prompt }}']);
    expect(await textOf('system')).toEqual(['Be brief.']);
    expect(await textOf('license')).toEqual(['Apache-2.0', 'And be kind.']);
    expect(await textOf('params')).toEqual(['{"num_ctx":128,"stop":["<end>"],"temperature":0.5}']);
    expect(await textOf('messages')).toEqual(['[{"role":"user","content":"hi"}]']);
  });

  it('names the source model in the layers that it reuses', async () => {
    await start();
    await createModel(server, 'base', weights, { system: 'old' });
    await post(server, '/api/create', { model: 'child', from: 'base', system: 'new', stream: false });
    const path = join(modelsFolder, 'manifests/registry.ollama.ai/library/child/latest');
    const manifest = JSON.parse(await readFile(path, 'utf8'));
    expect(manifest.layers).toEqual([
      { mediaType: `${image}.model`, digest: sha256(weights), size: weights.length, from: 'base:latest' },
      { mediaType: `${image}.system`, digest: sha256('new'), size: 3 },
    ]);
  });

  it('survives a restart', async () => {
    await start();
    await createModel(server, 'assistant', weights, request);
    const before = await tags();
    await server.stop();
    await start();
    expect(await tags()).toEqual(before);
    expect(await run('assistant')).toMatchObject({ status: 200, body: { done: true } });
  });
});
