/** Options for loading a model: adapters, cache types, flash attention, memory locks. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import type { CompletionEvent } from '../../../src/protocol/completion.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import { startRunner } from '../../../src/runner/start.ts';
import { writeRandomAdapter } from '../../fakes/models/random-adapter.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { plainSampling } from '../support/plain-sampling.ts';

const program = fileURLToPath(new URL('../../../dist/engine/main.js', import.meta.url));

let folder: string;
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-load-'));
  await writeRandomModel(path('model.gguf'));
  await writeRandomAdapter(path('one.gguf'), { seed: 1 });
  await writeRandomAdapter(path('two.gguf'), { seed: 2 });
  await writeRandomAdapter(path('wide.gguf'), { embedding: 64 });
  await copyFile(path('one.gguf'), path('copy.gguf'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Output {
  readonly text: string;
  /** Log probabilities of the ten likeliest first tokens. */
  readonly logprobs: readonly number[];
}

/** Loads a model, completes a prompt and unloads the model. */
async function run(load: Partial<LoadOptions>): Promise<Output> {
  const runner = await startRunner({
    load: {
      modelPath: path('model.gguf'),
      contextLength: 128,
      slots: 1,
      batchSize: 64,
      threads: 1,
      gpuLayers: 0,
      useMmap: true,
      flashAttention: 'auto',
      kvCacheType: 'f16',
      ...load,
    },
    program,
    loadTimeoutMs: 60_000,
    logger: silentLogger,
  });
  try {
    const prompt = await runner.tokenize('The capital of France is', {
      addSpecial: true,
      parseSpecial: false,
    });
    const request = { prompt, sampling: plainSampling, stop: [], maxTokens: 4, keep: 0, shift: true };
    const events: CompletionEvent[] = [];
    for await (const event of runner.complete({ ...request, topLogprobs: 10 })) events.push(event);
    const texts = events.flatMap((event) => (event.type === 'text' ? [event] : []));
    const logprobs = texts[0]?.logprobs?.[0]?.topLogprobs.map(({ logprob }) => logprob) ?? [];
    return { text: texts.map(({ text }) => text).join(''), logprobs };
  } finally {
    await runner.stop();
  }
}

function expectClose(actual: Output, expected: Output): void {
  expect(actual.logprobs).toHaveLength(10);
  for (const [index, logprob] of actual.logprobs.entries())
    expect(logprob).toBeCloseTo(expected.logprobs[index] ?? Number.NaN, 3);
}

describe('LoRA adapters', () => {
  const adapted = (names: readonly string[], scales?: readonly number[]) =>
    run({ adapterPaths: names.map(path), ...(scales && { adapterScales: scales }) });

  it('change the output, and have no effect at scale 0', async () => {
    const base = await run({});
    const one = await adapted(['one.gguf']);
    expect(one.logprobs).not.toEqual(base.logprobs);
    expect(await adapted(['one.gguf'], [0])).toEqual(base);
    expectClose(await adapted(['one.gguf'], [1]), one);
  });

  it('add up: twice at scale 1 is once at scale 2', async () => {
    expectClose(await adapted(['one.gguf', 'copy.gguf']), await adapted(['one.gguf'], [2]));
  });

  it('each have their own scale', async () => {
    const two = await adapted(['two.gguf'], [0.5]);
    expectClose(await adapted(['one.gguf', 'two.gguf'], [0, 0.5]), two);
    expect((await adapted(['one.gguf', 'two.gguf'], [1, 0.5])).logprobs).not.toEqual(two.logprobs);
  });

  it('for another model are refused with the reason', async () => {
    await expect(adapted(['one.gguf', 'wide.gguf'])).rejects.toMatchObject({
      code: 'load-failed',
      message: expect.stringMatching(
        /adapter 2 of 2; check that it was made for this model.*incorrect shape/,
      ),
    });
  });
});

describe('the KV cache and flash attention', () => {
  const answer = (load: Partial<LoadOptions>) => run({ modelPath: inject('smolModelPath'), ...load });

  it.each([
    ['f16', 'auto'],
    ['f16', 'on'],
    ['f16', 'off'],
    ['q8_0', 'auto'],
    ['q8_0', 'on'],
    ['q4_0', 'auto'],
    ['q4_0', 'on'],
  ] as const)('%s with flash attention %s loads and answers', async (kvCacheType, flashAttention) => {
    // With four bits this small model still writes text, but not the right answer.
    const expected = kvCacheType === 'q4_0' ? /\w/ : /Paris/;
    expect((await answer({ kvCacheType, flashAttention })).text).toMatch(expected);
  });

  it('the engine refuses a quantized cache without flash attention, with the reason', async () => {
    await expect(answer({ kvCacheType: 'q8_0', flashAttention: 'off' })).rejects.toThrow(
      /unable to create the context: .*requires flash_attn/,
    );
  });
});

describe('weights in memory', () => {
  it.each([
    [true, true],
    [false, true],
    [false, false],
  ])('useMmap %s and useMlock %s give the same output', async (useMmap, useMlock) => {
    expect(await run({ useMmap, useMlock })).toEqual(await run({}));
  });
});
