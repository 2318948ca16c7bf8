import { Ollama } from 'ollama';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { sha256OfFile, upload } from '../support/server-requests.ts';

/** Counts without end: an answer that does not end by itself. */
const endless = '1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,';
const question = { role: 'user', content: 'What is the capital of France?' };
const nanoseconds = expect.toSatisfy(
  (value: unknown) => Number.isSafeInteger(value) && Number(value) > 1000,
  'a duration in nanoseconds',
);

let server: TestServer;
let client: Ollama;
let digest: string;

beforeAll(async () => {
  server = await startTestServer({ env: { OLLAMA_DETERMINISTIC: '1' } });
  client = new Ollama({ host: server.url });
  digest = await upload(server, inject('smolModelPath'));
});
afterAll(() => server[Symbol.asyncDispose]());

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const names = async () => (await client.list()).models.map((model) => model.name);

describe('the official client', () => {
  it('creates a model from an uploaded file, with progress', async () => {
    expect(await client.list()).toEqual({ models: [] });
    const request = {
      model: 'smol',
      files: { 'model.gguf': digest },
      parameters: { temperature: 0, num_ctx: 512 },
      system: 'You are a helpful assistant.',
      stream: true as const,
    };
    const statuses = (await all(await client.create(request))).map(({ status }) => status);
    expect(statuses[0]).toBe('parsing GGUF');
    expect(statuses).toContain(`using existing layer ${digest}`);
    expect(statuses.slice(-2)).toEqual(['writing manifest', 'success']);
  });

  it('lists it', async () => {
    const [model, ...others] = (await client.list()).models;
    expect(others).toEqual([]);
    expect(model).toMatchObject({
      name: 'smol:latest',
      model: 'smol:latest',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      details: {
        parent_model: '',
        format: 'gguf',
        family: 'llama',
        families: ['llama'],
        parameter_size: '134.52M',
        quantization_level: 'Q4_1',
      },
    });
    expect(model?.size).toBeGreaterThan(90e6);
    expect(Math.abs(Date.now() - Date.parse(String(model?.modified_at)))).toBeLessThan(60_000);
  });

  it('shows it', async () => {
    const shown = await client.show({ model: 'smol' });
    expect(shown).toMatchObject({
      system: 'You are a helpful assistant.',
      details: { family: 'llama' },
      capabilities: expect.arrayContaining(['completion']),
      model_info: { 'general.architecture': 'llama', 'llama.context_length': expect.any(Number) },
    });
    expect(shown.parameters).toMatch(/^num_ctx +512$/m);
    expect(shown.modelfile).toMatch(/^FROM /m);
  });

  it('streams a chat, piece by piece', async () => {
    const chunks = await all(await client.chat({ model: 'smol', messages: [question], stream: true }));
    const last = chunks.pop();
    expect(chunks.length).toBeGreaterThan(3);
    for (const chunk of chunks)
      expect(chunk).toMatchObject({ model: 'smol', done: false, message: { role: 'assistant' } });
    expect(chunks.map((chunk) => chunk.message.content).join('')).toContain('Paris');
    expect(last).toMatchObject({
      model: 'smol',
      done: true,
      done_reason: 'stop',
      message: { role: 'assistant', content: '' },
      total_duration: nanoseconds,
      prompt_eval_count: expect.any(Number),
      prompt_eval_duration: nanoseconds,
      eval_duration: nanoseconds,
    });
    expect(last?.eval_count).toBeGreaterThanOrEqual(chunks.length);
  });

  it('gets the same chat in one piece, and then another turn', async () => {
    const streamed = await all(await client.chat({ model: 'smol', messages: [question], stream: true }));
    const whole = await client.chat({ model: 'smol', messages: [question] });
    expect(whole).toMatchObject({ done: true, done_reason: 'stop', eval_count: expect.any(Number) });
    expect(whole.message.content).toBe(streamed.map((chunk) => chunk.message.content).join(''));
    const messages = [question, whole.message, { role: 'user', content: 'And of Italy?' }];
    expect((await client.chat({ model: 'smol', messages })).message.content).toContain('Rome');
  });

  it('streams a completion with its options', async () => {
    const options = { num_predict: 12, seed: 7, temperature: 0.9 };
    const generate = async (changed = {}) => {
      const request = { model: 'smol', prompt: 'Tell me a story.', options: { ...options, ...changed } };
      const chunks = await all(await client.generate({ ...request, stream: true }));
      return { text: chunks.map(({ response }) => response).join(''), last: chunks.at(-1) };
    };
    const first = await generate();
    expect(first.last).toMatchObject({ done: true, done_reason: 'length', eval_count: 12 });
    expect(first.last?.context?.length).toBeGreaterThan(12);
    expect((await generate()).text).toBe(first.text);
    expect((await generate({ seed: 8 })).text).not.toBe(first.text);
  });

  it('ends a completion before a stop text', async () => {
    const options = { num_predict: 60, stop: [' 15', 'never'] };
    const request = { model: 'smol', prompt: endless, raw: true, options };
    const { response, done_reason, context } = await client.generate(request);
    expect([response, done_reason, context]).toEqual([' 13, 14,', 'stop', undefined]);
  });

  it('stops during a stream, and the next request is answered', async () => {
    const options = { num_predict: -1 };
    const stream = await client.generate({
      model: 'smol',
      prompt: endless,
      raw: true,
      options,
      stream: true,
    });
    const read = async () => {
      let chunks = 0;
      for await (const _ of stream) if (++chunks === 3) client.abort();
    };
    await expect(read()).rejects.toThrow(/abort/);
    expect((await client.chat({ model: 'smol', messages: [question] })).message.content).toContain('Paris');
  });

  it('sees the loaded models', async () => {
    const before = Date.now();
    await client.generate({ model: 'smol', prompt: '', keep_alive: '10m' });
    const { models } = await client.ps();
    expect(models).toMatchObject([
      { name: 'smol:latest', model: 'smol:latest', size_vram: 0, context_length: 512 },
    ]);
    expect(models[0]?.digest).toBe((await client.list()).models[0]?.digest);
    expect(models[0]?.size).toBeGreaterThan(90e6);
    const minutes = (Date.parse(String(models[0]?.expires_at)) - before) / 60_000;
    expect(minutes).toBeGreaterThan(9.9);
    expect(minutes).toBeLessThan(10.1);
  });

  it('creates a model from another, copies it and deletes both', async () => {
    await client.create({ model: 'child', from: 'smol', system: 'Answer in French.' });
    expect((await client.show({ model: 'child' })).system).toBe('Answer in French.');
    await client.copy({ source: 'child', destination: 'team/other:v2' });
    expect((await names()).sort()).toEqual(['child:latest', 'smol:latest', 'team/other:v2']);
    await client.delete({ model: 'child' });
    await client.delete({ model: 'team/other:v2' });
    expect(await names()).toEqual(['smol:latest']);
  });

  it('shows the version', async () => {
    expect(await client.version()).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  });

  it.each([
    ['chat', () => client.chat({ model: 'none', messages: [question] }), "model 'none' not found"],
    [
      'a streamed chat',
      () => client.chat({ model: 'none', messages: [question], stream: true }),
      "model 'none' not found",
    ],
    ['generate', () => client.generate({ model: 'none:7b', prompt: 'x' }), "model 'none:7b' not found"],
    ['show', () => client.show({ model: 'none' }), "model 'none:latest' not found"],
    ['copy', () => client.copy({ source: 'none', destination: 'x' }), 'model "none" not found'],
    ['delete', () => client.delete({ model: 'none' }), "model 'none' not found"],
  ])('hears from %s that a model is unknown', async (_, call, message) => {
    await expect(call()).rejects.toMatchObject({ name: 'ResponseError', status_code: 404, message });
  });

  it('receives the reason why a model could not be created', async () => {
    const files = { 'model.gguf': `sha256:${'0'.repeat(64)}` };
    const creating = client.create({ model: 'x', files } as { model: string });
    await expect(creating).rejects.toMatchObject({ message: expect.stringMatching(/not found: upload it/) });
  });

  it('left the uploaded bytes unchanged', async () => {
    const path = `${server.modelsFolder}/blobs/${digest.replace(':', '-')}`;
    expect(await sha256OfFile(path)).toBe(digest);
  });
});
