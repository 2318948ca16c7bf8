import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { followConversations } from '../support/kv-conversations.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kv-events-long-'));
  await writeRandomModel(join(folder, 'model.gguf'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a reader of the events knows exactly what the caches hold, over 1,000 random conversations', async () => {
  const comparisons = await followConversations(1000, {
    modelPath: join(folder, 'model.gguf'),
    folder,
    seed: 26,
  });
  expect(comparisons).toBeGreaterThan(60);
}, 1_800_000);
