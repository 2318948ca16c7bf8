/** Real models through the whole import: from a folder, by the command line, to what the model answers. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureLargeVocabularyModel, ensureSmolModel } from '../../../scripts/model-cache.mjs';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import type { GgufFile } from '../../../src/gguf/types.ts';
import { writeBack } from '../../fakes/import/write-back.ts';
import { cosine } from '../../fakes/models/bert-reference.ts';
import { ensureMiniLm } from '../../fakes/models/minilm.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, post } from '../support/server-requests.ts';

let server: TestServer;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-real-'));
  server = await startTestServer();
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function create(name: string, from: string, ...flags: readonly string[]): Promise<string> {
  const modelfile = join(folder, `${name}.Modelfile`);
  await writeFile(modelfile, `FROM ${from}\n`);
  const { status, stdout, stderr } = await runOllama(['create', name, '-f', modelfile, ...flags], server);
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return `${stdout}${stderr}`;
}

/** The file with the weights. */
async function weightsOf(name: string): Promise<string> {
  const { stdout } = await runOllama(['show', name, '--modelfile'], server);
  const path = /^FROM (.*)$/m.exec(stdout)?.[1];
  if (path === undefined) throw new Error(`the Modelfile of ${name} names no file`);
  return path;
}

/** Name, shape, type and the hash of the data of each tensor. */
async function tensorsOf(path: string): Promise<Map<string, string>> {
  const { tensors, dataOffset } = await readGgufFile(path);
  const found = new Map<string, string>();
  for (const { name, shape, typeName, offset, byteSize } of tensors) {
    const hash = createHash('sha256');
    const start = dataOffset + offset;
    await pipeline(createReadStream(path, { start, end: start + byteSize - 1 }), hash);
    found.set(name, `${typeName} [${shape.join(', ')}] ${hash.digest('hex')}`);
  }
  return found;
}

/** Keys that the command which wrote the original wrote otherwise, or that only its author knew. */
const notCompared = /^general\.(?!architecture)|\.vocab_size$|^tokenizer\.ggml\.add_(?:sep|eos)_token$/;

function comparable({ metadata }: GgufFile): Record<string, unknown> {
  return Object.fromEntries(
    [...metadata].filter(([key]) => !notCompared.test(key)).map(([key, { value }]) => [key, value]),
  );
}

/** One model after the other, so that each is loaded once. */
async function answers(model: string): Promise<string[]> {
  const options = { temperature: 0, num_predict: 12, num_ctx: 256, deterministic: true };
  const texts: string[] = [];
  for (const prompt of ['The capital of France is', 'def fibonacci(n):\n    ']) {
    const request = { model, prompt, stream: false, raw: true, options };
    const { status, body } = await post(server, '/api/generate', request);
    expect(status, JSON.stringify(body)).toBe(200);
    texts.push((body as { response: string }).response);
  }
  return texts;
}

describe.each([
  { name: 'smollm2', ensure: ensureSmolModel, parts: 1 },
  { name: 'gemma3', ensure: ensureLargeVocabularyModel, parts: 3 },
])('$name, written back to a folder of Hugging Face', ({ name, ensure, parts }) => {
  const [original, imported] = [`${name}-original`, `${name}-imported`];

  beforeAll(async () => {
    await create(original, await ensure(), '-q', 'bf16', '--requantize');
    const source = join(folder, name);
    await writeBack(await weightsOf(original), source, { parts });
    await create(imported, source);
    await rm(source, { recursive: true });
  });

  it('gets each tensor of the original again, byte for byte', async () => {
    const expected = await tensorsOf(await weightsOf(original));
    expect(expected.size).toBeGreaterThan(200);
    expect(await tensorsOf(await weightsOf(imported))).toEqual(expected);
  });

  it('gets the settings and the vocabulary of the original again', async () => {
    const [expected, found] = await Promise.all(
      [original, imported].map(async (model) =>
        comparable(await readGgufFile(await weightsOf(model), { arrays: 'keep' })),
      ),
    );
    for (const [key, value] of Object.entries(expected ?? {})) expect(found?.[key], key).toEqual(value);
  });

  it('answers with the text of the original', async () => {
    const expected = await answers(original);
    for (const text of expected) expect(text.length).toBeGreaterThan(0);
    expect(await answers(imported)).toEqual(expected);
  });
});

it('all-MiniLM-L6-v2, as it is published, gives the vectors of the converter of the tests', async () => {
  const { ggufPath, folder: published, files } = await ensureMiniLm();
  for (const file of files) {
    await mkdir(dirname(join(folder, 'minilm', file)), { recursive: true });
    await copyFile(join(published, file), join(folder, 'minilm', file));
  }
  await createModel(server, 'minilm-tests', ggufPath);
  await create('minilm-imported', join(folder, 'minilm'));
  const input = [
    'why is the sky blue?',
    'Ein Satz auf Deutsch, mit Umlauten: äöü.',
    '天空为什么是蓝色的？ 😀',
    'the quick brown fox jumps over the lazy dog. '.repeat(20),
    'x',
  ];
  const vectors = async (model: string) => {
    const { status, body } = await post(server, '/api/embed', { model, input });
    expect(status, JSON.stringify(body).slice(0, 300)).toBe(200);
    return (body as { embeddings: number[][] }).embeddings;
  };
  const [expected, found] = [await vectors('minilm-tests'), await vectors('minilm-imported')];
  expect(found).toHaveLength(input.length);
  for (const [index, vector] of found.entries())
    expect(cosine(vector, expected[index] ?? []), input[index]).toBeGreaterThan(1 - 1e-4);
});
