/** The memory that a model needs is known before it is loaded. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ggufFacts } from '../../../src/gguf/facts.ts';
import { hasLatentAttention } from '../../../src/gguf/latent-attention.ts';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import { estimateMemory } from '../../../src/scheduler/memory/memory-estimate.ts';
import { writeRandomAdapter } from '../../fakes/models/random-adapter.ts';
import { writeRandomBert } from '../../fakes/models/random-bert.ts';
import { type SizedModelOptions, writeSizedModel } from '../../fakes/models/sized-model.ts';
import { startEngine } from '../support/engine-runner.ts';
import { HAS_MATRIX_UNITS } from '../support/matrix-units.ts';

/** Allowed difference, as a fraction of the reported bytes. */
const TOLERANCE = 0.1;
/**
 * Where weights are not mapped, processors with matrix units get an output layer of their own even if the model shares it with its
 * embeddings, which the estimate does not know.
 */
const OWN_OUTPUT_TOLERANCE = 0.3;

type Options = Partial<Omit<LoadOptions, 'modelPath'>>;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-estimate-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Loads a model and compares the estimate with the memory that the engine reports. */
async function expectClose(modelPath: string, options: Options): Promise<void> {
  const load = {
    contextLength: 2048,
    slots: 1,
    batchSize: 512,
    flashAttention: 'auto',
    kvCacheType: 'f16',
    ...options,
  } as const;
  const sizes = await Promise.all((load.adapterPaths ?? []).map(async (path) => (await stat(path)).size));
  const adapterBytes = sizes.reduce((total, size) => total + size, 0);
  const facts = ggufFacts(await readGgufFile(modelPath));
  const { totalBytes, processBytes } = estimateMemory(facts, load, load.slots, adapterBytes);
  const avoidsMatrixUnits = hasLatentAttention(facts);
  const runner = await startEngine({ ...load, modelPath, avoidsMatrixUnits });
  await runner.stop();
  const reported = runner.facts.memoryBytes;
  const error = (totalBytes - processBytes) / reported - 1;
  const tolerance = HAS_MATRIX_UNITS && load.useMmap === false ? OWN_OUTPUT_TOLERANCE : TOLERANCE;
  expect(Math.abs(error), `${totalBytes - processBytes} for ${reported}`).toBeLessThanOrEqual(tolerance);
}

async function modelOf(options: SizedModelOptions): Promise<string> {
  const path = join(folder, `${options.architecture}.gguf`);
  await writeSizedModel(path, options);
  return path;
}

describe('SmolLM2 uses the estimated memory', () => {
  it.each<Options>([
    {},
    { contextLength: 512, batchSize: 64 },
    { contextLength: 1000, slots: 3, batchSize: 100 },
    { contextLength: 2048, slots: 4 },
    { contextLength: 8192, flashAttention: 'on' },
    { contextLength: 4096, flashAttention: 'off' },
    { contextLength: 512, slots: 4, flashAttention: 'off' },
    { contextLength: 8192, kvCacheType: 'q8_0' },
    { contextLength: 32_768, kvCacheType: 'q4_0', flashAttention: 'on' },
    { contextLength: 512, useMmap: false },
  ])('with %j', async (options) => {
    await expectClose(inject('smolModelPath'), options);
  });
});

describe('models of other architectures and sizes use the estimated memory', () => {
  const small = { layers: 2, embedding: 128, heads: 2, kvHeads: 2, feedForward: 256, vocabulary: 500 };
  const wide = { embedding: 512, heads: 8, kvHeads: 2, feedForward: 1408, vocabulary: 8000 };

  it.each<[SizedModelOptions, Options]>([
    [
      { architecture: 'llama', ...small },
      { contextLength: 512, batchSize: 128 },
    ],
    [
      { architecture: 'llama', ...wide, type: 'Q4_0' },
      { contextLength: 4096, slots: 4 },
    ],
    [{ architecture: 'qwen2', ...wide, type: 'Q8_0' }, { flashAttention: 'off' }],
    [
      { architecture: 'qwen3', ...wide, headLength: 128 },
      { kvCacheType: 'q8_0', slots: 4 },
    ],
    [{ architecture: 'qwen3moe', type: 'Q4_0' }, { contextLength: 8192 }],
    [
      { architecture: 'gemma2', ...wide },
      { contextLength: 16_384, kvCacheType: 'q4_0' },
    ],
    [{ architecture: 'gemma3', layers: 12, type: 'Q8_0' }, { contextLength: 32_768 }],
    [
      { architecture: 'gemma3', layers: 7 },
      { contextLength: 1024, slots: 4, flashAttention: 'off' },
    ],
    [{ architecture: 'phi3', ...wide, type: 'F16' }, { contextLength: 4096 }],
    [
      { architecture: 'gpt-oss', type: 'F16' },
      { slots: 4, batchSize: 256 },
    ],
    [{ architecture: 'deepseek2', type: 'Q8_0' }, { contextLength: 8192 }],
    [
      { architecture: 'deepseek2', ...small },
      { flashAttention: 'off', slots: 4 },
    ],
    [{ architecture: 'mamba', ...wide }, { slots: 4 }],
    [{ architecture: 'mamba2', ...wide, type: 'Q8_0' }, { contextLength: 32_768 }],
    [
      { architecture: 'granitehybrid', layers: 6 },
      { contextLength: 4096, slots: 4 },
    ],
    [
      { architecture: 'qwen35', ...wide, layers: 8 },
      { contextLength: 4096, slots: 2 },
    ],
    [
      { architecture: 'qwen35', ...wide, layers: 8 },
      { contextLength: 4096, slots: 2, snapshots: 7 },
    ],
    [
      { architecture: 'nemotron_h', ...wide, layers: 9 },
      { contextLength: 2048, slots: 2, snapshots: 7 },
    ],
    [
      { architecture: 'lfm2', layers: 6, type: 'Q4_0' },
      { contextLength: 2048, snapshots: 15 },
    ],
    [
      { architecture: 'lfm2', layers: 6, type: 'Q4_0' },
      { contextLength: 8192, batchSize: 256 },
    ],
  ])('%j with %j', async (model, options) => {
    await expectClose(await modelOf(model), options);
  });

  it('an encoder', async () => {
    const path = join(folder, 'bert.gguf');
    await writeRandomBert(path, {
      layers: 3,
      heads: 4,
      embedding: 256,
      feedForward: 1024,
      contextLength: 512,
    });
    await expectClose(path, { contextLength: 512 });
    await expectClose(path, { contextLength: 256, batchSize: 256, flashAttention: 'off' });
  });

  it('a model with adapters', async () => {
    const modelPath = await modelOf({ architecture: 'llama' });
    const adapterPaths = ['one.gguf', 'two.gguf'].map((name) => join(folder, name));
    for (const path of adapterPaths) await writeRandomAdapter(path, { layers: 4, embedding: 256 });
    await expectClose(modelPath, { adapterPaths, contextLength: 1024 });
  });
});
