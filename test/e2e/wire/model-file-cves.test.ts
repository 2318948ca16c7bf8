// Every vulnerability found in programs of this kind that a request or a model file can exploit, tried against the
// built server with a real runner.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../src/gguf/byte-writer.ts';
import type { GgufValue } from '../../../src/gguf/types.ts';
import { encodeGguf } from '../../../src/gguf/writer.ts';
import { smallModel } from '../../fakes/models/small-gguf.ts';
import { usageOf } from '../support/process-usage.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import {
  createModel,
  filesBelow,
  post,
  randomModelBytes,
  sendRaw,
  upload,
} from '../support/server-requests.ts';

/** Far below the memory that any of the declared sizes would need. */
const MOST_GROWTH_MEBIBYTES = 150;

let folder: string;
let server: TestServer;
let random: Uint8Array;
let memory: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-cves-'));
  await writeFile(join(folder, 'treasure.txt'), 'untouched');
  server = await startTestServer({ modelsFolder: join(folder, 'models') });
  random = await randomModelBytes();
  await createModel(server, 'good', random);
  expect((await generate('good')).status).toBe(200);
  memory = (await usageOf(server.pid)).residentMebibytes;
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

// After every request, the server still works, its memory is bounded, and it has created no file outside its folders.
afterEach(async () => {
  expect((await generate('good')).status).toBe(200);
  expect((await usageOf(server.pid)).residentMebibytes - memory).toBeLessThan(MOST_GROWTH_MEBIBYTES);
  expect(await readFile(join(folder, 'treasure.txt'), 'utf8')).toBe('untouched');
  for (const path of await filesBelow(folder))
    expect(path).toMatch(
      /^(treasure\.txt|models\/blobs\/sha256-[0-9a-f]{64}|models\/manifests\/registry\.ollama\.ai\/library\/\w+\/\w+)$/,
    );
});

const generate = (model: string, fields: Record<string, unknown> = {}) =>
  post(server, '/api/generate', {
    model,
    prompt: 'hi',
    stream: false,
    options: { num_predict: 2 },
    ...fields,
  });
const create = async (content: Uint8Array, name = 'model.gguf') =>
  post(server, '/api/create', {
    model: 'hostile',
    files: { [name]: await upload(server, content) },
    stream: false,
  });
const refused = (error: RegExp) => ({ status: 400, body: { error: expect.stringMatching(error) } });
const invalid = refused(/^invalid GGUF file: .+ \(model\.gguf\)$/);

/** A header that announces these numbers of tensors and entries, followed by the rest. */
function header(tensors: bigint, entries: bigint, rest: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(true);
  writer.bytes(Buffer.from('GGUF'));
  writer.u32(3);
  writer.u64(tensors);
  writer.u64(entries);
  rest(writer);
  writer.bytes(new Uint8Array(64));
  return writer.finish();
}

describe('requests', () => {
  it('CVE-2024-28224: a page whose host name resolves to this server is refused, even without an Origin', async () => {
    for (const path of ['/api/tags', '/api/show', '/v1/models'])
      for (const host of ['evil.example', 'evil.example:11434'])
        expect((await sendRaw(server, { path, headers: { Host: host } })).status).toBe(403);
  });

  it('CVE-2024-39719: create gives the same answer whether or not a file exists', async () => {
    const answers = [];
    for (const from of [join(folder, 'treasure.txt'), join(folder, 'nothing.txt')]) {
      const reply = await post(server, '/api/create', { model: 'x', from, stream: false });
      answers.push(JSON.stringify(reply).replaceAll(from, 'FILE'));
      const files = { [from]: `sha256:${'0'.repeat(64)}` };
      const second = await post(server, '/api/create', { model: 'x', files, stream: false });
      answers.push(JSON.stringify(second).replaceAll(from, 'FILE'));
    }
    expect(answers[0]).toMatch(/"status":4\d\d/);
    expect(answers.slice(2)).toEqual(answers.slice(0, 2));
  });

  it('CVE-2024-39721: create reads neither a device nor a pipe', async () => {
    const pipe = join(folder, 'pipe');
    await promisify(execFile)('mkfifo', [pipe]);
    for (const from of ['/dev/random', '/dev/zero', pipe]) {
      const reply = await post(server, '/api/create', { model: 'x', from, stream: false });
      expect(reply.status).toBeGreaterThanOrEqual(400);
      const modelfile = `FROM ${from}`;
      const old = await post(server, '/api/create', { model: 'x', modelfile, stream: false });
      expect(old.status).toBeGreaterThanOrEqual(400);
    }
    await rm(pipe);
  });

  it('CVE-2025-15514: an invalid image is refused before the model sees it', async () => {
    for (const image of ['not base64!', '', Buffer.from('GIF89a').toString('base64')]) {
      const reply = await generate('good', { images: [image] });
      expect(reply).toEqual({ status: 400, body: { error: expect.stringMatching(/image/) } });
    }
  });

  it.each(['n_discard', 'n_keep', 'n_indent', 'id_slot', 'n_probs'])(
    'CVE-2026-21869: a negative %s does not reach the engine',
    async (name) => {
      const options = { [name]: -2_000_000_000, num_predict: 2 };
      expect(await generate('good', { options, [name]: -5 })).toMatchObject({
        status: 200,
        body: { done: true },
      });
    },
  );
});

describe('model files', () => {
  it('CVE-2024-39720: a file of four bytes, and any shorter or longer fragment, is refused', async () => {
    for (const length of [0, 1, 3, 4, 5, 8, 23, 24, 25, 63])
      expect(await create(random.subarray(0, length))).toEqual(invalid);
  });

  it('CVE-2024-45436: an archive is not a model, and is not unpacked', async () => {
    // One stored entry named ../../../treasure.txt
    const name = Buffer.from('../../../treasure.txt');
    const local = Buffer.alloc(30);
    local.write('PK\u0003\u0004', 'latin1');
    local.writeUInt16LE(name.length, 26);
    for (const file of ['model.zip', 'model.gguf', 'model.safetensors'])
      expect((await create(Buffer.concat([local, name, Buffer.from('stolen')]), file)).status).toBe(400);
  });

  it.each([
    'block_count',
    'attention.head_count',
    'attention.head_count_kv',
    'embedding_length',
    'context_length',
  ])('CVE-2024-8063: a %s of zero causes no division by zero', async (key) => {
    const zero: Record<string, GgufValue> = { [`llama.${key}`]: { type: 'u32', value: 0 } };
    const { status } = await create(smallModel(zero));
    expect([200, 400]).toContain(status);
    if (status !== 200) return;
    expect((await post(server, '/api/show', { model: 'hostile' })).status).toBe(200);
    const reply = await generate('hostile');
    expect(reply.body).toEqual({ error: expect.stringMatching(/\S/) });
  });

  it('CVE-2024-12055, CVE-2026-7482: a tensor beyond the end of the file is refused, with or without quantizing', async () => {
    const tensor = (shape: readonly bigint[], offset: bigint) =>
      header(1n, 0n, (writer) => {
        writer.text('output.weight');
        writer.u32(shape.length);
        for (const length of shape) writer.u64(length);
        writer.u32(0);
        writer.u64(offset);
      });
    const cut = random.subarray(0, random.length - 1);
    for (const content of [cut, tensor([1024n], 0n), tensor([4n], 2n ** 50n), tensor([2n ** 62n, 4n], 0n)]) {
      expect(await create(content)).toEqual(invalid);
      const files = { 'model.gguf': await upload(server, content) };
      const body = { model: 'hostile', files, quantize: 'Q4_K_M', stream: false };
      expect(await post(server, '/api/create', body)).toEqual(invalid);
    }
  });

  it('CVE-2025-0312: a file without the expected metadata fails only its own request', async () => {
    const bare = encodeGguf({
      metadata: { 'general.architecture': { type: 'string', value: 'llama' } },
      tensors: [],
    });
    for (const content of [bare, encodeGguf({ metadata: {}, tensors: [] })]) {
      if ((await create(content)).status !== 200) continue;
      await post(server, '/api/show', { model: 'hostile', verbose: true });
      expect((await generate('hostile')).body).toEqual({ error: expect.stringMatching(/\S/) });
    }
  });

  it.each<[string, Uint8Array]>([
    ['2^64-1 tensors', header(2n ** 64n - 1n, 0n, () => undefined)],
    ['2^64-1 entries', header(0n, 2n ** 64n - 1n, () => undefined)],
    ['a key of 2^60 bytes', header(0n, 1n, (writer) => writer.u64(2n ** 60n))],
    [
      'a list of 2^31 numbers',
      header(0n, 1n, (writer) => {
        writer.text('tokenizer.ggml.scores');
        writer.u32(9);
        writer.u32(6);
        writer.u64(2n ** 31n);
      }),
    ],
  ])('CVE-2025-0315: no memory is allocated for %s that do not exist', async (_, content) => {
    expect(await create(content)).toEqual(invalid);
  });

  it.each([0, 3])('CVE-2025-0317: an alignment of %i is refused', async (alignment) => {
    const metadata: Record<string, GgufValue> = {
      'general.architecture': { type: 'string', value: 'llama' },
      'general.alignment': { type: 'u32', value: alignment },
    };
    expect(await create(encodeGguf({ metadata, tensors: [] }))).toEqual(invalid);
  });

  it.each([1, 2, 3])(
    'CVE-2025-66959, CVE-2025-66960: texts of impossible length in version %i are refused',
    async (version) => {
      for (const length of [0xff_ff_ff_ffn, 2n ** 63n, 2n ** 64n - 1n]) {
        for (const size of [24, 36, 49]) {
          const bytes = Buffer.alloc(size);
          bytes.write('GGUF');
          bytes.writeUInt32LE(version, 4);
          bytes.fill(1, 8, 9).fill(1, 16, 17);
          if (size >= 32) bytes.writeBigUInt64LE(length, 24);
          expect((await create(bytes)).status).toBe(400);
        }
      }
    },
  );
});
