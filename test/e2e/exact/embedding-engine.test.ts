import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { startRunner } from '../../../src/runner/start.ts';
import { bertHidden, cosine, meanOf } from '../../fakes/models/bert-reference.ts';
import { ensureMiniLm, type MiniLm } from '../../fakes/models/minilm.ts';
import { poison, writeRandomBert } from '../../fakes/models/random-bert.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { WordPiece } from '../../fakes/models/word-piece.ts';

const program = fileURLToPath(new URL('../../../dist/engine/main.js', import.meta.url));

function load(modelPath: string, options: Partial<LoadOptions> = {}): Promise<Runner> {
  const defaults: LoadOptions = {
    modelPath,
    contextLength: 512,
    slots: 8,
    batchSize: 512,
    threads: 0,
    gpuLayers: 0,
    useMmap: true,
    flashAttention: 'auto',
    kvCacheType: 'f16',
  };
  return startRunner({
    load: { ...defaults, ...options },
    program,
    loadTimeoutMs: 60_000,
    logger: silentLogger,
  });
}

const texts: readonly string[] = [
  'why is the sky blue?',
  'why is the grass green?',
  '',
  ' ',
  '?',
  'Café déjà-vu — naïve façade, Ærøskøbing',
  '漢字 and ひらがな',
  'emoji 😀🎉 and symbols ™ © €12.50 + 3 = 15.50',
  'Donaudampfschifffahrtsgesellschaftskapitän unbelievably antidisestablishmentarianism',
  'tab\tnew\nline\r\nand\u00a0space\u200bzero',
  'The [SEP] of a word and "quotes" it\'s don\'t #hash @at',
  'the quick brown fox jumps over the lazy dog, again and again; '.repeat(12),
];

const cases = texts.map((text) => ({ text, name: JSON.stringify(text).slice(0, 40) }));

describe('all-MiniLM-L6-v2', () => {
  let model: MiniLm;
  let runner: Runner;
  let pieces: WordPiece;
  const tokenize = (text: string) => runner.tokenize(text, { addSpecial: true, parseSpecial: false });

  beforeAll(async () => {
    model = await ensureMiniLm();
    pieces = new WordPiece(model.config.vocabulary);
    runner = await load(model.ggufPath);
  });
  afterAll(() => runner.stop());

  it('reports its facts', () => {
    expect(runner.facts.embedding).toEqual({
      pooling: 'mean',
      length: 384,
      maxInputTokens: 512,
      canSplit: false,
    });
  });

  it.each(cases)('produces the token IDs of WordPiece for $name', async ({ text }) => {
    expect(await tokenize(text)).toEqual(pieces.tokenize(text));
  });

  it.each(cases)('computes the vector of a plain forward pass for $name', async ({ text }) => {
    const tokens = await tokenize(text);
    const [vector] = await runner.embed([tokens]);
    const expected = meanOf(bertHidden(tokens, model.config, model.weights));
    expect(cosine(vector ?? [], expected)).toBeGreaterThan(0.9999);
  });

  it('computes the same vectors for many inputs at once, in their order', async () => {
    const inputs = await Promise.all(
      Array.from({ length: 40 }, (_, index) => tokenize(`${texts[index % texts.length]} ${index}`)),
    );
    const together = await runner.embed(inputs);
    expect(together).toHaveLength(40);
    for (const [index, input] of inputs.entries()) {
      const [alone] = await runner.embed([input]);
      expect(cosine(together[index] ?? [], alone ?? [])).toBeGreaterThan(0.9999);
    }
  });

  it('lets a short request overtake a long one', async () => {
    const long = Array.from({ length: 8 }, () => Array.from({ length: 512 }, (_, index) => 2000 + index));
    const order: string[] = [];
    const first = runner.embed(long).then(() => order.push('long'));
    const second = runner.embed([await tokenize('short')]).then(() => order.push('short'));
    await Promise.all([first, second]);
    expect(order).toEqual(['short', 'long']);
  });

  it('drops a cancelled request and serves the next', async () => {
    const long = Array.from({ length: 200 }, () => Array.from({ length: 512 }, () => 2000));
    for (const delay of [0, 5, 100]) {
      const abort = new AbortController();
      setTimeout(() => abort.abort(), delay);
      await expect(runner.embed(long, abort.signal)).rejects.toMatchObject({ code: 'canceled' });
      expect(await runner.embed([await tokenize('next')])).toHaveLength(1);
    }
    await expect(runner.embed([[101]], AbortSignal.abort())).rejects.toMatchObject({ code: 'canceled' });
  });

  it('refuses what it cannot compute instead of crashing', async () => {
    const refused = { code: 'invalid-request' };
    await expect(runner.embed([[101], []])).rejects.toThrow('input 1 has no tokens');
    await expect(runner.embed([[30522]])).rejects.toMatchObject(refused);
    await expect(runner.embed([[-1]])).rejects.toMatchObject(refused);
    await expect(runner.embed([Array.from({ length: 513 }, () => 5)])).rejects.toMatchObject({
      code: 'prompt-too-long',
    });
    const sampling = {} as never;
    const completion = { prompt: [1], sampling, stop: [], maxTokens: 1, keep: 0, shift: true };
    await expect(runner.complete(completion)[Symbol.asyncIterator]().next()).rejects.toMatchObject(refused);
    expect(await runner.embed([])).toEqual([]);
    expect(await runner.embed([[101, 102]])).toHaveLength(1);
  });
});

describe('small random models', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'embedding-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const plain = { addSpecial: true, parseSpecial: false };
  const withBert = async (
    options: Parameters<typeof writeRandomBert>[1],
    work: (runner: Runner, model: Awaited<ReturnType<typeof writeRandomBert>>) => Promise<void>,
  ) => {
    const path = join(folder, 'bert.gguf');
    const model = await writeRandomBert(path, options);
    const runner = await load(path, { contextLength: 128, batchSize: 128 });
    try {
      await work(runner, model);
    } finally {
      await runner.stop();
    }
  };

  it.each(['none', 'mean', 'cls', 'last'] as const)('pool by %s', async (pooling) => {
    await withBert({ pooling }, async (runner, { config, weights }) => {
      const inputs = await Promise.all(
        ['the blue sky', 'fox', 'a fox, the fox?'].map((text) => runner.tokenize(text, plain)),
      );
      const vectors = await runner.embed(inputs);
      for (const [index, input] of inputs.entries()) {
        const hidden = bertHidden(input, config, weights);
        const expected = { none: meanOf(hidden), mean: meanOf(hidden), cls: hidden[0], last: hidden.at(-1) };
        expect(cosine(vectors[index] ?? [], expected[pooling] ?? [])).toBeGreaterThan(0.9999);
      }
    });
  });

  it('compute scores with a classification head', async () => {
    await withBert({ pooling: 'rank' }, async (runner, { config, weights }) => {
      expect(runner.facts.embedding).toMatchObject({
        pooling: 'rank',
        length: 1,
        rerank: { before: [2], between: [3], after: [] },
      });
      const inputs = [
        [2, 7, 3, 6],
        [2, 7, 3, 8, 6, 5],
      ];
      const scores = await runner.embed(inputs);
      for (const [index, input] of inputs.entries()) {
        const [first] = bertHidden(input, config, weights);
        const dense = weights('classifier.dense.weight', []);
        const bias = weights('classifier.dense.bias', []);
        const out = weights('classifier.out_proj.weight', []);
        let score = weights('classifier.out_proj.bias', [])[0] ?? 0;
        for (let row = 0; row < config.embedding; row++) {
          let sum = bias[row] ?? 0;
          first?.forEach((value, column) => {
            sum += value * (dense[row * config.embedding + column] ?? 0);
          });
          score += Math.tanh(sum) * (out[row] ?? 0);
        }
        expect(scores[index]?.[0]).toBeCloseTo(score, 2);
      }
    });
  });

  it('do not let one input with NaN spoil the others', async () => {
    await withBert({}, async (runner) => {
      const inputs = await Promise.all(
        ['the sky', `the ${poison}`, 'the fox'].map((text) => runner.tokenize(text, plain)),
      );
      const alone = await runner.embed(inputs.slice(2));
      const vectors = await runner.embed(inputs);
      expect(vectors.map((vector) => vector.every(Number.isFinite))).toEqual([true, false, true]);
      expect(cosine(vectors[2] ?? [], alone[0] ?? [])).toBeGreaterThan(0.9999);
    });
  });

  it.each([['last', 3, 300] as const, ['mean', 1, 64] as const])(
    'with a KV cache pool by %s, in pieces if they can',
    async (pooling, number, longest) => {
      const path = join(folder, 'causal.gguf');
      await writeRandomModel(path, { metadata: { 'llama.pooling_type': { type: 'u32', value: number } } });
      const [whole, pieces] = [await load(path), await load(path, { contextLength: 300, batchSize: 64 })];
      try {
        const facts = { pooling, maxInputTokens: longest, canSplit: pooling === 'last' };
        expect(pieces.facts.embedding).toMatchObject(facts);
        const inputs = [7, longest, 3, longest - 1].map((length, seed) =>
          Array.from({ length }, (_, index) => 3 + ((index * 31 + seed) % 250)),
        );
        const expected = await whole.embed(inputs);
        const both = await Promise.all([pieces.embed(inputs), pieces.embed(inputs)]);
        for (const vectors of both) {
          for (const [index, vector] of vectors.entries()) {
            expect(cosine(vector, expected[index] ?? [])).toBeGreaterThan(0.999);
          }
        }
      } finally {
        await Promise.all([whole.stop(), pieces.stop()]);
      }
    },
  );

  it('cancel an input in the middle, and start the next one with a clean state', async () => {
    const path = join(folder, 'causal.gguf');
    await writeRandomModel(path, {
      contextLength: 8192,
      metadata: { 'llama.pooling_type': { type: 'u32', value: 3 } },
    });
    const runner = await load(path, { contextLength: 8192, batchSize: 64 });
    try {
      const input = Array.from({ length: 40 }, (_, index) => 10 + index);
      const [before] = await runner.embed([input]);
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 20);
      const long = Array.from({ length: 8000 }, () => 20);
      await expect(runner.embed([long], abort.signal)).rejects.toMatchObject({ code: 'canceled' });
      const [after] = await runner.embed([input]);
      expect(cosine(after ?? [], before ?? [])).toBeGreaterThan(0.9999);
    } finally {
      await runner.stop();
    }
  });

  it('keep many requests apart, of which some are canceled', async () => {
    const path = join(folder, 'crowd.gguf');
    await writeRandomModel(path, { metadata: { 'llama.pooling_type': { type: 'u32', value: 3 } } });
    const runner = await load(path, { contextLength: 300, batchSize: 64 });
    try {
      const inputOf = (seed: number) =>
        Array.from({ length: 1 + ((seed * 67) % 290) }, (_, index) => 3 + ((index * 13 + seed) % 250));
      const requests = Array.from({ length: 24 }, (_, request) =>
        Array.from({ length: 1 + (request % 4) }, (_, index) => inputOf(request * 5 + index)),
      );
      const expected: Float32Array[][] = [];
      for (const inputs of requests) {
        const vectors: Float32Array[] = [];
        for (const input of inputs) vectors.push(...(await runner.embed([input])));
        expected.push(vectors);
      }
      const results = await Promise.allSettled(
        requests.map((inputs, request) => {
          const abort = new AbortController();
          if (request % 3 === 0) setTimeout(() => abort.abort(), request * 3);
          return runner.embed(inputs, abort.signal);
        }),
      );
      for (const [request, result] of results.entries()) {
        if (result.status === 'rejected') {
          expect([request % 3, result.reason]).toMatchObject([0, { code: 'canceled' }]);
          continue;
        }
        for (const [index, vector] of result.value.entries()) {
          expect(cosine(vector, expected[request]?.[index] ?? [])).toBeGreaterThan(0.999);
        }
      }
      expect(results.some(({ status }) => status === 'rejected')).toBe(true);
    } finally {
      await runner.stop();
    }
  });

  it('with an unknown pooling are refused when they are loaded', async () => {
    const path = join(folder, 'unknown.gguf');
    await writeRandomModel(path, { metadata: { 'llama.pooling_type': { type: 'u32', value: 9 } } });
    await expect(load(path)).rejects.toThrow('the pooling type 9 is unknown');
  });
});
