/** Pictures from the request to the engine and back: random weights of a text model like Gemma 3 and of its projector. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lastCheckpoint } from '../../../src/engine/cache/checkpoint-plan.ts';
import { noiseBmp } from '../../fakes/media/noise-bmp.ts';
import { writeRandomArchitecture } from '../../fakes/models/random-architectures.ts';
import { type RandomProjector, u32, writeRandomProjector } from '../../oracle/random-projector.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, linesOf, post, send, upload } from '../support/server-requests.ts';

const TIMEOUT_MS = 300_000;
/** Values per row of the text model. */
const WIDTH = 32;
/** 6 x 6 patches, of which 2 x 2 become one row. */
const ROWS = 9;

const small: RandomProjector = {
  ...{ type: 'gemma3', imageSize: 84, patchSize: 14, width: 96, heads: 3, blocks: 2, feedForward: 160 },
  rowWidth: WIDTH,
  keys: { 'vision.projector.scale_factor': u32(2) },
  tensors: { 'mm.input_projection.weight': [WIDTH, 96], 'mm.soft_emb_norm.weight': [96] },
};
/** Takes long enough to be left in the middle. */
const slow: RandomProjector = {
  ...small,
  imageSize: 896,
  blocks: 12,
  keys: { 'vision.projector.scale_factor': u32(4) },
};

interface Answer {
  readonly response: string;
  readonly prompt_eval_count: number;
  readonly prompt_eval_cached?: number;
}

let folder: string;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pictures-'));
  server = await startTestServer({ env: { OLLAMA_NUM_PARALLEL: '4', OLLAMA_MAX_LOADED_MODELS: '2' } });
  await writeRandomArchitecture(join(folder, 'text.gguf'), 'gemma3');
  await createPictureModel(server, 'small', small);
  await createPictureModel(server, 'slow', slow);
}, TIMEOUT_MS);
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function createPictureModel(on: TestServer, name: string, projector: RandomProjector): Promise<void> {
  const [text, path] = [join(folder, 'text.gguf'), join(folder, `${name}.gguf`)];
  await writeRandomProjector(path, projector);
  const files = { 'model.gguf': await upload(on, text), 'mmproj.gguf': await upload(on, path) };
  await createModel(on, name, text, { files });
}

/** A picture of noise in base64. */
const picture = (seed: number, width?: number, height?: number) =>
  noiseBmp(seed, width, height).toString('base64');

const options = { temperature: 0, num_predict: 8, num_ctx: 1024 };
const request = (prompt: string, images: readonly string[], model = 'small') => ({
  ...{ model, prompt, images, options, raw: true, stream: false, verbose_metrics: true },
});

async function ask(prompt: string, ...images: string[]): Promise<Answer> {
  const { status, body } = await post(server, '/api/generate', request(prompt, images));
  expect({ status, body }).toMatchObject({ status: 200 });
  return body as Answer;
}

describe('a picture', { timeout: TIMEOUT_MS }, () => {
  it('counts as tokens of the prompt', async () => {
    const [with_, without] = [await ask('what is this', picture(1)), await ask('what is this')];
    const twice = await ask('what is this', picture(1), picture(2));
    const each = with_.prompt_eval_count - without.prompt_eval_count;
    expect(each).toBeGreaterThanOrEqual(ROWS);
    expect(twice.prompt_eval_count - without.prompt_eval_count).toBe(2 * each);
  });

  it('is not computed again for a second question about it', async () => {
    // The tag in front of a picture is the same for all.
    const head = (await ask('what is in there', picture(2))).prompt_eval_count - ROWS;
    const first = await ask('what is in there', picture(3));
    expect(first.prompt_eval_cached ?? 0).toBeLessThan(head);
    const same = await ask('what is in there', picture(3));
    expect(same.response).toBe(first.response);
    expect(same.prompt_eval_cached).toBeGreaterThanOrEqual(first.prompt_eval_count - 1);
    const other = await ask('who is that', picture(3));
    expect(other.prompt_eval_cached).toBeGreaterThanOrEqual((first.prompt_eval_cached ?? 0) + ROWS);
    const another = await ask('what is in there', picture(4));
    expect(another.prompt_eval_cached ?? 0).toBeLessThan(head);
  });

  it('is not computed again after a restart of the server', async () => {
    const [modelsFolder, OLLAMA_KV_CACHE_DIR] = [join(folder, 'models'), join(folder, 'states')];
    const env = { OLLAMA_KV_CACHE_BUDGET: '64MiB', OLLAMA_KV_CACHE_DIR };
    // Conversations of a few tokens are not saved.
    const question = 'what is in there '.repeat(20);
    const answers: Answer[] = [];
    for (const round of ['before', 'after']) {
      await using other = await startTestServer({ modelsFolder, env });
      if (round === 'before') await createPictureModel(other, 'small', small);
      const { status, body } = await post(other, '/api/generate', request(question, [picture(3)]));
      expect({ status, body }).toMatchObject({ status: 200 });
      answers.push(body as Answer);
      await other.stop();
    }
    const [before, after] = answers;
    expect(before?.prompt_eval_cached).toBeUndefined();
    expect(after?.response).toBe(before?.response);
    // The window of this model keeps its state from being cut elsewhere than at a checkpoint.
    expect(after?.prompt_eval_cached).toBe(lastCheckpoint(before?.prompt_eval_count ?? 0));
  });

  it('is seen: other pictures lead to other answers', async () => {
    const answers = await Promise.all([5, 6, 7, 8].map((seed) => ask('and so', picture(seed))));
    expect(new Set(answers.map(({ response }) => response)).size).toBeGreaterThan(1);
  });

  it('may be one of several in a conversation', async () => {
    const messages = [
      { role: 'user', content: 'first', images: [picture(1), picture(2)] },
      { role: 'assistant', content: 'yes' },
      { role: 'user', content: 'second [img] there', images: [picture(3, 200, 20)] },
    ];
    const { status, body } = await post(server, '/api/chat', {
      model: 'small',
      messages,
      options,
      stream: false,
    });
    expect({ status, body }).toMatchObject({ status: 200, body: { done: true } });
  });

  it('is computed beside three streams of text', async () => {
    const long = { ...options, num_predict: 100, ignore_eos: true };
    const streams = ['one', 'two', 'three'].map(async (prompt) => {
      const body = { model: 'small', prompt, raw: true, options: long };
      let last: Record<string, unknown> = {};
      for await (const line of linesOf(await send(server, 'POST', '/api/generate', body))) last = line;
      return last;
    });
    const answer = await ask('beside them', picture(9));
    expect(answer.prompt_eval_count).toBeGreaterThan(ROWS);
    expect((await Promise.all(streams)).map(({ eval_count: count }) => count)).toEqual([100, 100, 100]);
  });

  it('may be left while it is computed, and the model goes on', async () => {
    const client = new AbortController();
    const body = request('never answered', [picture(10)], 'slow');
    const left = send(server, 'POST', '/api/generate', body, { signal: client.signal });
    setTimeout(() => client.abort(), 500);
    await expect(left).rejects.toThrow();
    const next = await post(server, '/api/generate', request('text', [], 'slow'));
    expect(next).toMatchObject({ status: 200, body: { done: true } });
  });
});

describe('a file that is no picture', { timeout: TIMEOUT_MS }, () => {
  it.each([
    ['text', Buffer.from('not a picture').toString('base64')],
    ['half a picture', picture(1).slice(0, 400)],
    ['nothing', ''],
    ['a picture without pixels', picture(1, 0, 30)],
  ])('is refused, and named: %s', async (_, image) => {
    const reply = await post(server, '/api/generate', request('what', [picture(1), image]));
    expect(reply).toMatchObject({ status: 400, body: { error: expect.stringContaining('images[1]') } });
  });

  it('is refused by a model that takes only text', async () => {
    await createModel(server, 'text', await readFile(join(folder, 'text.gguf')));
    const reply = await post(server, '/api/generate', request('what', [picture(1)], 'text'));
    expect(reply).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('the model does not support images') },
    });
  });
});
