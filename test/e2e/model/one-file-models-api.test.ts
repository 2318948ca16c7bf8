/** Ollama's one-file models through the API: text, pictures, and what the server says of them. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeGguf } from '../../../src/gguf/writer.ts';
import { writeOneFileProjector } from '../../fakes/media/one-file-projector.ts';
import { writeOneFileGemma3 } from '../../fakes/models/one-file-model.ts';
import { writeRandomArchitecture } from '../../fakes/models/random-architectures.ts';
import { u32, writeRandomProjector } from '../../oracle/random-projector.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { post, upload } from '../support/server-requests.ts';

const ROW_WIDTH = 32;
const WIDTH = 48;
/** 84 x 84 pixels in patches of 14, of which squares of two by two become a row. */
const ROWS = 9;

let server: TestServer;
let folder: string;

beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'one-file-api-'));
  const at = (name: string) => join(folder, name);
  await writeRandomArchitecture(at('plain.gguf'), 'gemma3');
  await writeRandomProjector(at('mmproj.gguf'), {
    type: 'gemma3',
    imageSize: 84,
    patchSize: 14,
    width: WIDTH,
    heads: 3,
    blocks: 2,
    feedForward: 64,
    rowWidth: ROW_WIDTH,
    keys: { 'vision.projector.scale_factor': u32(2) },
    tensors: {
      'mm.input_projection.weight': [ROW_WIDTH, WIDTH],
      'mm.soft_emb_norm.weight': [WIDTH],
    },
  });
  await writeOneFileProjector(at('mmproj.gguf'), at('encoder.gguf'), 'gemma3', {});
  await writeOneFileGemma3(at('plain.gguf'), at('one-file.gguf'), at('encoder.gguf'));
  await writeGguf(at('mllama.gguf'), {
    metadata: {
      'general.architecture': { type: 'string', value: 'mllama' },
      'mllama.block_count': u32(1),
    },
    tensors: [],
  });
  await create('apart', 'FROM ./plain.gguf\nFROM ./mmproj.gguf');
  await create('one', 'FROM ./one-file.gguf');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function create(name: string, modelfile: string): Promise<void> {
  await writeFile(join(folder, 'Modelfile'), `${modelfile}\nTEMPLATE {{ .Prompt }}`);
  const args = ['create', name, '-f', join(folder, 'Modelfile')];
  expect(await runOllama(args, server)).toMatchObject({ status: 0 });
}

/** Two pixels by two, 24 bits each. */
function bitmap(): string {
  const bytes = Buffer.alloc(54 + 16, 200);
  bytes.fill(0, 0, 54);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(2, 18);
  bytes.writeInt32LE(2, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  bytes.writeUInt32LE(16, 34);
  return bytes.toString('base64');
}

async function ask(model: string, images: readonly string[]) {
  const { status, body } = await post(server, '/api/generate', {
    model,
    images,
    prompt: 'the and he',
    stream: false,
    options: { num_predict: 12, temperature: 0, num_ctx: 256 },
  });
  expect(body).not.toHaveProperty('error');
  expect(status).toBe(200);
  return body as { readonly response: string; readonly prompt_eval_count: number };
}

it('answers like the same model in two files', async () => {
  for (const images of [[], [bitmap()]]) {
    const apart = await ask('apart', images);
    const one = await ask('one', images);
    expect(one.response).toBe(apart.response);
    expect(one.prompt_eval_count).toBe(apart.prompt_eval_count);
  }
});

it('counts the rows of a picture', async () => {
  const without = await ask('one', []);
  const withPicture = await ask('one', [bitmap()]);
  expect(withPicture.prompt_eval_count).toBeGreaterThanOrEqual(without.prompt_eval_count + ROWS);
});

it('takes pictures, and keeps one copy of its language model', async () => {
  const { body } = await post(server, '/api/show', { model: 'one' });
  expect(body).toMatchObject({ capabilities: expect.arrayContaining(['completion', 'vision']) });
  await ask('one', []);
  expect(await readdir(join(server.modelsFolder, 'text-parts'))).toHaveLength(1);
});

describe('an architecture that cannot be loaded', () => {
  const refusal = { error: expect.stringContaining('mllama (Llama 3.2 Vision') };

  it('is refused by create', async () => {
    const files = { 'mllama.gguf': await upload(server, join(folder, 'mllama.gguf')) };
    const { status, body } = await post(server, '/api/create', { model: 'old', files, stream: false });
    expect({ status, body }).toEqual({ status: 400, body: refusal });
  });

  it('is refused by each request to a model that was pulled', async () => {
    const weights = await upload(server, join(folder, 'mllama.gguf'));
    const manifests = join(server.modelsFolder, 'manifests', 'registry.ollama.ai', 'library');
    const manifest = JSON.parse(await readFile(join(manifests, 'apart', 'latest'), 'utf8'));
    const layers = manifest.layers
      .filter(({ mediaType }: { mediaType: string }) => !mediaType.endsWith('.projector'))
      .map((layer: { mediaType: string }) =>
        layer.mediaType.endsWith('.model') ? { ...layer, digest: weights } : layer,
      );
    await mkdir(join(manifests, 'pulled'), { recursive: true });
    await writeFile(join(manifests, 'pulled', 'latest'), JSON.stringify({ ...manifest, layers }));
    const messages = [{ role: 'user', content: 'hi' }];
    for (const [path, request] of [
      ['/api/generate', { prompt: 'hi' }],
      ['/api/chat', { messages }],
    ] as const) {
      const { status, body } = await post(server, path, { model: 'pulled', stream: false, ...request });
      expect({ status, body }, path).toEqual({ status: 400, body: refusal });
    }
    const { status } = await post(server, '/v1/chat/completions', { model: 'pulled', messages });
    expect(status).toBe(400);
  });
});
