import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ggufFacts } from '../src/gguf/facts.ts';
import { readGgufFile } from '../src/gguf/parse.ts';
import { writeRandomModel } from './fakes/models/random-model.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'random-model-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('writeRandomModel', () => {
  it('writes a small, complete llama model', async () => {
    const path = join(folder, 'default.gguf');
    await writeRandomModel(path);
    expect((await stat(path)).size).toBeLessThan(300_000);
    expect(ggufFacts(await readGgufFile(path))).toMatchObject({
      architecture: 'llama',
      kind: 'model',
      fileType: 'F32',
      contextLength: 512,
      blockCount: 2,
      headCount: 2,
      keyLength: 16,
      bosToken: '<s>',
      eosToken: '</s>',
      chatTemplate: expect.stringContaining('assistant'),
    });
  });

  it('follows its options', async () => {
    const path = join(folder, 'options.gguf');
    await writeRandomModel(path, {
      layers: 1,
      embedding: 64,
      contextLength: 128,
      vocabulary: ['▁fox'],
      chatTemplate: 'x',
    });
    expect(ggufFacts(await readGgufFile(path))).toMatchObject({
      blockCount: 1,
      embeddingLength: 64,
      headCount: 4,
      contextLength: 128,
      vocabularySize: 260,
      chatTemplate: 'x',
    });
  });

  it('gives the same bytes only for the same seed', async () => {
    const bytesOf = async (file: string, seed: number) => {
      const path = join(folder, file);
      await writeRandomModel(path, { seed });
      return readFile(path);
    };
    const [first, again, other] = [await bytesOf('a', 7), await bytesOf('b', 7), await bytesOf('c', 8)];
    expect(first.equals(again)).toBe(true);
    expect(first.equals(other)).toBe(false);
  });
});
