/** LoRA adapters from the Modelfile to the answer. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeRandomAdapter } from '../../fakes/models/random-adapter.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { childrenOf } from '../../fakes/processes.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { post } from '../support/server-requests.ts';

let server: TestServer;
let folder: string;

beforeAll(async () => {
  // The heads of the random model are too short for this cache type, so the server must fall back and log it.
  server = await startTestServer({ env: { OLLAMA_KV_CACHE_TYPE: 'q8_0' } });
  folder = await mkdtemp(join(tmpdir(), 'ollama-adapters-'));
  await writeRandomModel(join(folder, 'model.gguf'));
  for (const [name, seed] of [
    ['first', 1],
    ['second', 2],
  ] as const) {
    await mkdir(join(folder, name));
    await writeRandomAdapter(join(folder, name, 'lora.gguf'), { seed });
  }
  await writeRandomAdapter(join(folder, 'wide.gguf'), { embedding: 64 });
  await create('base', 'FROM ./model.gguf');
  await create('both', 'FROM base\nADAPTER ./first/lora.gguf\nADAPTER ./second/lora.gguf');
  await create('weak', 'FROM both\nPARAMETER adapter_scale 0.01\nPARAMETER adapter_scale 0');
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

/** Log probabilities of the five likeliest first tokens; a warm cache changes their last digits. */
async function logprobs(model: string, scales?: number[]): Promise<number[]> {
  const { status, body } = await post(server, '/api/generate', {
    model,
    prompt: 'the an',
    raw: true,
    stream: false,
    logprobs: true,
    top_logprobs: 5,
    options: { num_predict: 1, temperature: 0, ...(scales && { adapter_scale: scales }) },
  });
  expect(status).toBe(200);
  const [first] = (body as { logprobs: { top_logprobs: { logprob: number }[] }[] }).logprobs;
  return first?.top_logprobs.map(({ logprob }) => Number(logprob.toFixed(4))) ?? [];
}

it('every ADAPTER applies with its own scale, even two files with the same name', async () => {
  const base = await logprobs('base');
  const both = await logprobs('both');
  expect(both).not.toEqual(base);
  expect(await logprobs('both', [0, 0])).toEqual(base);
  expect(await logprobs('both', [1, 1])).toEqual(both);
  const [first, second] = [await logprobs('both', [1, 0]), await logprobs('both', [0])];
  expect(first).not.toEqual(second);
  expect([first, second]).not.toContainEqual(both);
});

it('models that differ only in scales have separate runners', async () => {
  const weak = await logprobs('weak');
  expect(weak).not.toEqual(await logprobs('both'));
  const runners = await childrenOf(server.pid);
  expect(await logprobs('weak')).toEqual(weak);
  expect(await childrenOf(server.pid)).toEqual(runners);
});

it('shows adapters and scales in the Modelfile', async () => {
  const { stdout } = await runOllama(['show', 'weak', '--modelfile'], server);
  expect(stdout.match(/^ADAPTER .*$/gm)).toHaveLength(2);
  expect(stdout.match(/^PARAMETER .*$/gm)).toEqual([
    'PARAMETER adapter_scale 0.01',
    'PARAMETER adapter_scale 0',
  ]);
});

it('refuses more scales than adapters, with both counts', async () => {
  expect(
    await post(server, '/api/generate', {
      model: 'both',
      prompt: 'x',
      options: { adapter_scale: [1, 2, 3] },
    }),
  ).toEqual({
    status: 400,
    body: { error: expect.stringMatching(/"adapter_scale" has 3 numbers, but both:latest has 2 adapters/) },
  });
});

it('an adapter for a model of another size fails at load with the reason', async () => {
  await create('misfit', 'FROM base\nADAPTER ./wide.gguf');
  expect(await post(server, '/api/generate', { model: 'misfit', prompt: 'x' })).toEqual({
    status: 500,
    body: {
      error: expect.stringMatching(/adapter 1 of 1; check that it was made for this model.*incorrect shape/),
    },
  });
});

it('logs a cache type that the model cannot use when the model is loaded', async () => {
  await logprobs('base');
  expect(server.output()).toMatch(/OLLAMA_KV_CACHE_TYPE=q8_0 is not used: .*16, is not a multiple of 32/);
});
