/** Nothing grows over many loads, unloads and requests. `npm run soak` runs many more cycles than `npm test`. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import type { CompletionRequest } from '../../../src/protocol/completion.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { startRunner } from '../../../src/runner/start.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { childrenOf } from '../../fakes/processes.ts';
import { rounds } from '../../scale.ts';
import { plainSampling } from '../support/plain-sampling.ts';
import { type ProcessUsage, usageOf } from '../support/process-usage.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import {
  createModel,
  filesBelow,
  linesOf,
  patience,
  post,
  randomModelBytes,
  send,
} from '../support/server-requests.ts';

const cycles = Number(process.env.SOAK_CYCLES ?? rounds({ change: 12, long: 12, nightly: 100 }));
/** Cycles that do not count, because caches and a lazy garbage collector take memory once. */
const WARM_UP_CYCLES = 4;
/** Generous: the slowest cycle measured on a busy machine took four seconds. */
const CYCLE_LIMIT_MS = 15_000;

/** The heap of Node.js varies by this much without any leak. A leak per load or request would exceed it. */
const MAX_GROWTH_MEBIBYTES = 32;
/** The client opens and closes connections at any time. */
const MAX_GROWTH_HANDLES = 3;

function report(title: string, before: ProcessUsage, after: ProcessUsage): void {
  const megabytes = (usage: ProcessUsage) => usage.residentMebibytes.toFixed(1);
  process.stderr.write(
    `${title}: ${megabytes(before)} -> ${megabytes(after)} MiB, ${before.handles} -> ${after.handles} handles, ${before.threads} -> ${after.threads} threads\n`,
  );
}

/**
 * Fails on what grows without an end. Caches and reserves of the allocator grow in the first half alone; a leak grows as much in the
 * second one. What is closed later than the last reply, such as a kept connection, is waited for.
 */
async function expectNoGrowth(title: string, pid: number, half: (cycles: number) => Promise<void>) {
  const before = await usageOf(pid);
  await half(Math.ceil(cycles / 2));
  const middle = await usageOf(pid);
  await half(Math.floor(cycles / 2));
  const after = await usageOf(pid);
  if (process.env.SOAK_CYCLES) report(title, before, after);
  const growths = [
    middle.residentMebibytes - before.residentMebibytes,
    after.residentMebibytes - middle.residentMebibytes,
  ];
  expect(Math.min(...growths), `MiB in each half: ${growths}`).toBeLessThan(MAX_GROWTH_MEBIBYTES / 2);
  const handles = async () => (await usageOf(pid)).handles - before.handles;
  await expect.poll(handles, patience).toBeLessThanOrEqual(MAX_GROWTH_HANDLES);
  const threads = async () => (await usageOf(pid)).threads - before.threads;
  await expect.poll(threads, patience).toBeLessThanOrEqual(0);
}

it(`${cycles} loads and unloads leave nothing behind`, {
  timeout: 60_000 + cycles * CYCLE_LIMIT_MS,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ollama-soak-'));
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const server = await startTestServer({
    env: { TMPDIR: temporary, OLLAMA_KV_CACHE_DIR: join(folder, 'kv') },
  });
  try {
    await createModel(server, 'real', inject('smolModelPath'));
    await createModel(server, 'tiny', await randomModelBytes());
    for (let cycle = 0; cycle < WARM_UP_CYCLES; cycle++) await loadAndUnload(server);
    const files = await filesBelow(server.modelsFolder);
    await expectNoGrowth('server', server.pid, async (count) => {
      for (let cycle = 0; cycle < count; cycle++) await loadAndUnload(server);
    });
    await expect.poll(() => filesBelow(server.modelsFolder), patience).toEqual(files);
    await expect.poll(() => filesBelow(temporary), patience).toEqual([]);
  } finally {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  }
});

/** Gets answers from both models, disconnects a client, and unloads until no runner is left. */
async function loadAndUnload(server: TestServer): Promise<void> {
  const ask = { prompt: 'one two', stream: false, options: { num_predict: 3, temperature: 0 } };
  const replies = await Promise.all(
    ['tiny', 'real'].map((model) => post(server, '/api/generate', { ...ask, model })),
  );
  expect(replies.map(({ status }) => status)).toEqual([200, 200]);
  const client = new AbortController();
  const endless = { ...ask, model: 'real', stream: true, options: { num_predict: -1 } };
  const response = await send(server, 'POST', '/api/generate', endless, { signal: client.signal });
  expect(await linesOf(response).next()).toMatchObject({ value: { done: false } });
  client.abort();
  for (const model of ['tiny', 'real']) await post(server, '/api/generate', { model, keep_alive: 0 });
  await expect.poll(() => childrenOf(server.pid), patience).toEqual([]);
}

it('one runner answers hundreds of requests of all kinds without growing', {
  timeout: 60_000 + cycles * CYCLE_LIMIT_MS,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ollama-soak-'));
  const modelPath = join(folder, 'model.gguf');
  await writeRandomModel(modelPath);
  const runner = await startRunner({
    load: {
      modelPath,
      contextLength: 128,
      slots: 4,
      batchSize: 64,
      threads: 1,
      gpuLayers: 0,
      useMmap: true,
      flashAttention: 'auto',
      kvCacheType: 'f16',
    },
    program: fileURLToPath(new URL('../../../dist/engine/main.js', import.meta.url)),
    loadTimeoutMs: 60_000,
    logger: silentLogger,
  });
  try {
    for (let round = 0; round < 10; round++) await mixedRequests(runner, round);
    let round = 10;
    await expectNoGrowth('runner', runner.pid, async (count) => {
      for (const end = round + 5 * count; round < end; round++) await mixedRequests(runner, round);
    });
  } finally {
    await runner.stop();
    await rm(folder, { recursive: true });
  }
});

/** A grammar large enough to make a missing free visible. */
const grammar = `root ::= word (" " word)*\nword ::= ${Array.from({ length: 200 }, (_, index) => `"w${index}"`).join(' | ')}`;

/** Sends one request of each kind, all at the same time. */
async function mixedRequests(runner: Runner, round: number): Promise<void> {
  const prompt = Array.from({ length: 40 }, (_, index) => 259 + ((round * 7 + index * 3) % 60));
  const plain: CompletionRequest = {
    prompt,
    sampling: { ...plainSampling, temperature: 1, topK: 40, topP: 0.9, repeatPenalty: 1.1, seed: round },
    stop: [],
    maxTokens: 16,
    keep: 0,
    shift: true,
  };
  const endings = await Promise.all([
    ending(runner, { ...plain, grammar }),
    ending(runner, { ...plain, topLogprobs: 20 }),
    ending(runner, { ...plain, stop: ['a', 'the', 'zzz'] }),
    ending(runner, { ...plain, maxTokens: 200 }),
    ending(runner, { ...plain, maxTokens: -1 }, AbortSignal.timeout(5)),
    ending(runner, { ...plain, grammar: 'root ::= (' }),
  ]);
  expect(endings.slice(0, 4)).toEqual(['done', 'done', 'done', 'done']);
  expect(endings.slice(4)).toEqual([expect.stringMatching(/canceled|done/), 'invalid-request']);
}

async function ending(runner: Runner, request: CompletionRequest, signal?: AbortSignal): Promise<string> {
  try {
    let last = '';
    for await (const event of runner.complete(request, signal)) last = event.type;
    return last;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}
