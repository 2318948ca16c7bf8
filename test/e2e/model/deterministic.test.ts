import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../scale.ts';
import { type Answer, askRunner, startEngine } from '../support/engine-runner.ts';
import { askInterleaved, sharedPrompts } from '../support/interleavings.ts';

const PROMPTS = rounds({ change: 12, long: 50, nightly: 50 });
const INTERLEAVINGS = rounds({ change: 3, long: 20, nightly: 40 });
/** From this many cells of the KV cache on, the attention of a single token is shared among the threads. */
const lengths = { shortest: 1, longest: 700 };
const overrides = { maxTokens: 16, topLogprobs: 1 };

let folder: string;
let modelPath: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deterministic-'));
  modelPath = join(folder, 'tiny.gguf');
  await writeRandomModel(modelPath, { contextLength: 1024 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The answers to the prompts, each alone and from an empty cache. */
async function askAlone(prompts: readonly number[][], deterministic: boolean): Promise<Answer[]> {
  const runner = await startEngine({ modelPath, contextLength: 1024 });
  try {
    const answers: Answer[] = [];
    for (const [index, prompt] of prompts.entries()) {
      answers.push(await askRunner(runner, prompt, { ...overrides, deterministic, cacheSalt: `${index}` }));
    }
    return answers;
  } finally {
    await runner.stop();
  }
}

async function countDifferences(seed: number, deterministic: boolean, interleavings: number) {
  const random = seededRandom(seed);
  const prompts = sharedPrompts(PROMPTS, lengths, random, () => 3 + Math.floor(random() * 256));
  const alone = await askAlone(prompts, deterministic);
  const counts = { answers: 0, reused: 0, otherTokens: 0, otherNumbers: 0 };
  for (let round = 0; round < interleavings; round++) {
    const given = await askInterleaved({
      load: { modelPath, contextLength: 1024 },
      folder,
      prompts,
      overrides: { ...overrides, deterministic },
      random,
    });
    for (const { prompt, answer } of given) {
      const expected = alone[prompt];
      counts.answers++;
      if (answer.cached > 0) counts.reused++;
      if (`${answer.tokens}` !== `${expected?.tokens}`) counts.otherTokens++;
      if (`${answer.logprobs}` !== `${expected?.logprobs}`) counts.otherNumbers++;
    }
  }
  return counts;
}

describe('a deterministic request', () => {
  it('gets the same numbers to the last bit alone, in a crowd, cached, restored from disk, and with drafts allowed', async () => {
    const seed = seedFrom(1);
    const counts = await countDifferences(seed, true, INTERLEAVINGS);
    expect({ ...counts, seed }).toMatchObject({ seed, otherTokens: 0, otherNumbers: 0 });
    expect(counts.answers).toBeGreaterThanOrEqual(PROMPTS * INTERLEAVINGS);
    expect(counts.reused).toBeGreaterThan(0);
  });

  it('is needed for that: without it, the numbers depend on the circumstances', async () => {
    const counts = await countDifferences(2, false, 1);
    expect(counts.otherNumbers).toBeGreaterThan(0);
  });
});
