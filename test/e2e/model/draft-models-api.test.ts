/** Draft models from the Modelfile to the answer. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writePredictionModel } from '../../fakes/models/prediction-model.ts';
import { defaultWords, writeRandomModel } from '../../fakes/models/random-model.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { post } from '../support/server-requests.ts';

/** Sharp enough for the draft to be sure of some of its tokens. */
const sharp = { sharpness: 12, layers: 4, embedding: 64, contextLength: 512 };

let server: TestServer;
let folder: string;

beforeAll(async () => {
  server = await startTestServer({ env: { OLLAMA_DRAFT_MODELS: 'on', OLLAMA_FLASH_ATTENTION: '0' } });
  folder = await mkdtemp(join(tmpdir(), 'ollama-drafts-'));
  await writeRandomModel(join(folder, 'model.gguf'), sharp);
  await writeRandomModel(join(folder, 'draft.gguf'), { ...sharp, noise: 0.002 });
  await writeRandomModel(join(folder, 'misfit.gguf'), {
    ...sharp,
    vocabulary: [...defaultWords.slice(0, 60), 'xyz'],
  });
  await create('plain', 'FROM ./model.gguf');
  await create('drafted', 'FROM ./model.gguf\nDRAFT ./draft.gguf');
  await create('switched-off', 'FROM drafted\nPARAMETER draft_num_predict 0');
  await create('misfit', 'FROM ./model.gguf\nDRAFT ./misfit.gguf');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function create(name: string, modelfile: string): Promise<void> {
  await writeFile(join(folder, 'Modelfile'), modelfile);
  const args = ['create', name, '-f', join(folder, 'Modelfile')];
  expect(await runOllama(args, server)).toMatchObject({ status: 0 });
}

interface Reply {
  readonly response: string;
}

async function ask(model: string, options: Record<string, unknown> = {}) {
  const request = {
    ...{ model, prompt: 'the and he', raw: true, stream: false },
    options: { num_predict: 80, temperature: 0, num_ctx: 512, ...options },
  };
  const response = await fetch(new URL('/api/generate', server.url), {
    method: 'POST',
    body: JSON.stringify(request),
  });
  expect(response.status).toBe(200);
  const reply = (await response.json()) as Reply;
  return { reply, ignored: response.headers.get('X-Ollama-Ignored') };
}

it('a model with DRAFT answers like the one without, loads both, and counts both', async () => {
  const plain = await ask('plain');
  const drafted = await ask('drafted');
  expect(drafted.reply.response).toBe(plain.reply.response);
  expect(drafted.ignored).toBeNull();
  const ps = (await (await fetch(new URL('/api/ps', server.url))).json()) as {
    models: { name: string; size: number }[];
  };
  const sizeOf = (model: string) => ps.models.find(({ name }) => name === `${model}:latest`)?.size ?? 0;
  expect(sizeOf('drafted')).toBeGreaterThan(1.5 * sizeOf('plain'));
  const { body } = await post(server, '/api/estimate', { model: 'drafted', options: { num_ctx: 512 } });
  const { memory } = body as { memory: { draft: number; process: number; total: number } };
  const predicted = memory.total - memory.process;
  expect(Math.abs(sizeOf('drafted') - predicted)).toBeLessThan(0.1 * predicted);
});

it('a model with a predicting layer loads it by itself, and counts it', async () => {
  await writePredictionModel(join(folder, 'predicting.gguf'));
  await create('predicting', 'FROM ./predicting.gguf');
  await create('silent', 'FROM predicting\nPARAMETER draft_num_predict 0');
  const answers = [await ask('predicting'), await ask('silent')];
  expect(answers[0]?.reply.response).toBe(answers[1]?.reply.response);
  expect(answers.map(({ ignored }) => ignored)).toEqual([null, null]);
  const draftBytes = async (model: string) => {
    const { body } = await post(server, '/api/estimate', { model, options: { num_ctx: 512 } });
    return (body as { memory: { draft?: number } }).memory.draft;
  };
  expect(await draftBytes('predicting')).toBeGreaterThan(0);
  expect(await draftBytes('silent')).toBeUndefined();
});

it('draft_num_predict 0 in the model leaves the draft model out of memory', async () => {
  const { body } = await post(server, '/api/estimate', { model: 'switched-off', options: { num_ctx: 512 } });
  expect((body as { memory: object }).memory).not.toHaveProperty('draft');
  expect((await ask('switched-off')).ignored).toBeNull();
});

it('a draft model that does not fit is left out, and the reply says so', async () => {
  const { reply, ignored } = await ask('misfit');
  expect(ignored).toBe('draft');
  expect(reply.response).toBe((await ask('plain')).reply.response);
});

it('shows and copies the draft model, and keeps its blob until the last model with it is removed', async () => {
  const path = async (name: string) => {
    const { stdout } = await runOllama(['show', name, '--modelfile'], server);
    return /^DRAFT (.*)$/m.exec(stdout)?.[1] ?? '';
  };
  const blob = await path('drafted');
  expect((await stat(blob)).size).toBe((await stat(join(folder, 'draft.gguf'))).size);
  await runOllama(['cp', 'drafted', 'copy'], server);
  await runOllama(['rm', 'drafted', 'switched-off'], server);
  expect(await path('copy')).toBe(blob);
  expect((await stat(blob)).isFile()).toBe(true);
  await runOllama(['rm', 'copy'], server);
  await expect(stat(blob)).rejects.toThrow('ENOENT');
});
