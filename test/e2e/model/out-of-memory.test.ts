/** Too little memory: predicted by the scheduler, or detected only by the engine. */
import { fileURLToPath } from 'node:url';
import { afterEach, expect, inject, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { startRunner } from '../../../src/runner/start.ts';
import { availableMemoryBytes } from '../../../src/scheduler/memory/system-memory.ts';
import { childrenOf } from '../../fakes/processes.ts';
import { startTestServer } from '../support/server-process.ts';
import { createModel, post, randomModelBytes } from '../support/server-requests.ts';

const program = fileURLToPath(new URL('../../fakes/runners/limited-engine.mjs', import.meta.url));

afterEach(() => {
  delete process.env.ENGINE_LIMIT;
});

/** Loads the real model in a process that may use this many MiB more than Node.js alone. */
function load(limitMebibytes: number, contextLength: number) {
  process.env.ENGINE_LIMIT = String(limitMebibytes);
  return startRunner({
    load: {
      modelPath: inject('smolModelPath'),
      contextLength,
      slots: 1,
      batchSize: 512,
      threads: 1,
      gpuLayers: 0,
      useMmap: true,
      flashAttention: 'auto',
      kvCacheType: 'f16',
    },
    program,
    loadTimeoutMs: 60_000,
    availableMemoryBytes,
    logger: silentLogger,
  });
}

it('a cache that does not fit causes an error with the numbers and the remedies', async () => {
  // 16 Mi tokens of this model take 360 GiB.
  const failure = load(2048, 2 ** 24);
  await expect(failure).rejects.toMatchObject({ code: 'load-failed', status: 500 });
  await expect(failure).rejects.toThrow(
    /^model requires more system memory \(360\.\d GiB\) than is available \([\d.]+ [MG]iB\); use a smaller num_ctx, .*OLLAMA_KV_CACHE_TYPE/,
  );
});

it('the error for a limit on the process alone differs from that for a full machine', async () => {
  await expect(load(512, 64 * 1024)).rejects.toThrow(
    /than this process may use: a buffer of [\d.]+ [MG]iB was refused although .* is available .*ulimit/,
  );
});

it('a context that cannot fit is refused before anything is loaded', async () => {
  await using server = await startTestServer();
  const bytes = await randomModelBytes({ contextLength: 2 ** 24, layers: 64 });
  await createModel(server, 'long', bytes);
  const ask = (contextLength: number) =>
    post(server, '/api/generate', { model: 'long', options: { num_ctx: contextLength } });
  expect(await ask(2 ** 24)).toEqual({
    status: 500,
    body: {
      error: expect.stringMatching(
        /^model requires more system memory \([\d.]+ GiB\) than is available \([\d.]+ GiB\): long:latest with num_ctx 16777216; use a smaller num_ctx, .*OLLAMA_NUM_PARALLEL/,
      ),
    },
  });
  expect(await childrenOf(server.pid)).toEqual([]);
  expect(await ask(512)).toMatchObject({ status: 200 });
});
