import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { seedFrom } from '../../scale.ts';
import { compareWithAlone } from '../support/interleavings.ts';

let folder: string;
let modelPath: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deterministic-'));
  modelPath = join(folder, 'tiny.gguf');
  await writeRandomModel(modelPath, { contextLength: 1024 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const compare = (seed: number, interleavings: number, deterministic: boolean) =>
  compareWithAlone({
    load: { modelPath, contextLength: 1024, keepLogits: true },
    folder,
    prompts: 12,
    // The attention of a single token is shared among the threads from 257 tokens on.
    lengths: { shortest: 1, longest: 700 },
    interleavings,
    seed,
    vocabulary: 259,
    overrides: { deterministic },
  });

describe('a deterministic request', () => {
  it('gets the same numbers to the last bit alone, in a crowd, cached, restored from disk, and with drafts allowed', async () => {
    const seed = seedFrom(1);
    const found = await compare(seed, 3, true);
    expect({ seed, ...found }).toMatchObject({ seed, otherNumbers: 0, ties: [], spread: 0 });
    expect(found.reused).toBeGreaterThan(0);
  });

  it('is needed for that: without it, the numbers depend on the circumstances', async () => {
    const { otherNumbers } = await compare(2, 1, false);
    expect(otherNumbers).toBeGreaterThan(0);
  });
});
