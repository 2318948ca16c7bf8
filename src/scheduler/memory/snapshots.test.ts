import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SizedModelOptions, writeSizedModel } from '../../../test/fakes/models/sized-model.ts';
import { type GgufFacts, ggufFacts } from '../../gguf/facts.ts';
import { readGgufFile } from '../../gguf/parse.ts';
import { estimateMemory } from './memory-estimate.ts';
import { stepsBack } from './snapshots.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snapshots-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function factsOf(options: SizedModelOptions): Promise<GgufFacts> {
  const path = join(folder, `${options.architecture}.gguf`);
  await writeSizedModel(path, options);
  return ggufFacts(await readGgufFile(path));
}

const load = { contextLength: 1024, batchSize: 128, kvCacheType: 'f16', flashAttention: 'auto' } as const;

it('gives no snapshots to models that need none', async () => {
  for (const architecture of ['llama', 'gemma3'] as const)
    expect(stepsBack(await factsOf({ architecture }))).toEqual({ snapshots: 0 });
});

it('gives as many as suit the kernels and take an eighth of the weights at most, which the estimate counts', async () => {
  const facts = await factsOf({ architecture: 'lfm2' });
  expect(stepsBack(facts)).toEqual({ snapshots: 15 });
  const bytes = (snapshots: number) => estimateMemory(facts, { ...load, snapshots }, 2).recurrentBytes;
  expect(bytes(15)).toBe(16 * bytes(0));
  expect(bytes(15) / 2).toBeLessThan(facts.weightBytes / 8);
});

it('says why a model cannot step back', async () => {
  expect(stepsBack(await factsOf({ architecture: 'mamba2' }))).toEqual({
    snapshots: 0,
    problem: 'the state of mamba2 models cannot step back from a wrong token',
  });
  const small = { embedding: 128, feedForward: 32, vocabulary: 300 };
  expect(stepsBack(await factsOf({ architecture: 'qwen35', ...small }))).toEqual({
    snapshots: 0,
    problem: 'copies of its state, to step back from a wrong token, would take too much memory',
  });
});

it('leaves room in a small batch for other tokens than those with snapshots', async () => {
  const facts = await factsOf({ architecture: 'lfm2' });
  const bytes = (batchSize: number) =>
    estimateMemory(facts, { ...load, batchSize, snapshots: 15 }, 1).recurrentBytes;
  expect(bytes(8)).toBe((bytes(128) / 16) * 7);
});
