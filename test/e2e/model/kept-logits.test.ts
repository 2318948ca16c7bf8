/** Slots that keep the logits after their prompt: the same prompt again is answered without computing any of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { CHUNK_TOKENS } from '../../../src/engine/batching/step-plan.ts';
import type { CompletionRequest, SamplingOptions } from '../../../src/protocol/completion.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { type RandomArchitecture, writeRandomArchitecture } from '../../fakes/models/random-architectures.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { type Answer, askRunner, startEngine } from '../support/engine-runner.ts';

const MIB = 1024 * 1024;
const foxes = 'The quick brown fox jumps over the lazy dog, and the dog does not mind at all. '.repeat(10);
const rivers = 'A river runs from the mountains to the sea, past towns and fields and mills. '.repeat(10);

let folder: string;
let tiny: string;
let runners: Runner[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kept-logits-'));
  tiny = join(folder, 'tiny.gguf');
  await writeRandomModel(tiny, { contextLength: 1024 });
  return () => rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  runners = [];
});
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
});

async function start(load: Partial<LoadOptions> = {}): Promise<Runner> {
  const runner = await startEngine({
    modelPath: tiny,
    contextLength: 1024,
    threads: 1,
    keepLogits: true,
    ...load,
  });
  runners.push(runner);
  return runner;
}

async function ask(
  runner: Runner,
  text: string,
  overrides: Partial<CompletionRequest> = {},
): Promise<Answer> {
  const prompt = await runner.tokenize(text.trimEnd(), { addSpecial: true, parseSpecial: true });
  // How much is drafted depends on measured times, and a batch of another size rounds differently.
  return askRunner(runner, prompt, { topLogprobs: 2, draftTokens: 0, ...overrides });
}

const plain: SamplingOptions = {
  temperature: 0.8,
  topK: 40,
  topP: 0.9,
  minP: 0,
  typicalP: 1,
  repeatPenalty: 1,
  repeatLastN: 64,
  presencePenalty: 0,
  frequencyPenalty: 0,
  seed: 7,
};

/** Options that reach every way of sampling. */
const waysToSample: Readonly<Record<string, Partial<CompletionRequest>>> = {
  'the likeliest token': { sampling: { ...plain, temperature: 0 } },
  'a seed': { sampling: plain },
  'penalties and DRY': {
    sampling: {
      ...plain,
      repeatPenalty: 1.3,
      presencePenalty: 0.5,
      dry: { multiplier: 0.8, base: 1.75, allowedLength: 1, lastN: -1, breakers: ['\n'] },
    },
  },
  'no cuts': { sampling: { ...plain, topK: 0, topP: 1, temperature: 1.5 } },
  'typical sampling and XTC': {
    sampling: { ...plain, typicalP: 0.7, xtc: { probability: 0.5, threshold: 0.05 } },
  },
  'a dynamic temperature': {
    sampling: { ...plain, topNSigma: 1, dynamicTemperature: { range: 0.5, exponent: 1 } },
  },
  mirostat: { sampling: { ...plain, mirostat: { version: 1, tau: 5, eta: 0.1 } } },
  'mirostat 2': { sampling: { ...plain, mirostat: { version: 2, tau: 5, eta: 0.1 } } },
  'biases and a minimum of tokens': {
    sampling: {
      ...plain,
      minTokens: 4,
      logitBias: [
        [100, 5],
        ['a', false],
      ],
    },
  },
  'a grammar': { grammar: 'root ::= [a-z]+ " " [0-9]+ "."', sampling: plain },
  'a grammar at temperature 0': { grammar: 'root ::= ("yes" | "no") "."', maxTokens: 5 },
  'banned strings': { bannedStrings: ['a', 'e', ' '], sampling: plain },
  'no token at all': { maxTokens: 0 },
};

describe('a prompt that comes again', () => {
  for (const [name, overrides] of Object.entries(waysToSample)) {
    it(`gets the same answer from kept logits as from computing them, with ${name}`, async () => {
      const [on, off] = await Promise.all([start(), start({ keepLogits: false })]);
      for (const deterministic of [false, true]) {
        const request = { ...overrides, deterministic };
        const expected = await ask(off, foxes, request);
        const computed = await ask(off, foxes, request);
        expect(await ask(on, foxes, request)).toEqual(expected);
        const kept = await ask(on, foxes, request);
        expect(kept.cached).toBe(kept.prompt);
        expect(kept).toEqual({ ...computed, cached: kept.prompt });
        expect(computed.cached).toBeLessThan(computed.prompt);
        expect(kept.tokens).toEqual(expected.tokens);
      }
    });
  }

  it('draws another answer for another seed, and a new one each time without a seed', async () => {
    const runner = await start();
    await ask(runner, foxes);
    const answers: string[] = [];
    for (const seed of [1, 2, 3, -1, -1, -1]) {
      const { tokens, cached, prompt } = await ask(runner, foxes, {
        sampling: { ...plain, temperature: 2, seed },
      });
      expect(cached).toBe(prompt);
      answers.push(tokens.join(' '));
    }
    expect(new Set(answers).size).toBe(answers.length);
  });

  it('is computed again up to its last token when the setting is off', async () => {
    const runner = await start({ keepLogits: false });
    await ask(runner, foxes);
    const again = await ask(runner, foxes);
    expect(again.cached).toBe(again.prompt - 1);
  });

  it('is answered the same by a real model', async () => {
    const load = { modelPath: inject('smolModelPath'), contextLength: 512 };
    const [on, off] = [await start(load), await start({ ...load, keepLogits: false })];
    for (const deterministic of [false, true]) {
      const request = { deterministic, sampling: plain };
      const expected = await ask(off, foxes, request);
      await ask(on, foxes, request);
      const kept = await ask(on, foxes, request);
      expect(kept).toEqual({ ...expected, cached: kept.prompt });
    }
  });

  it('reports the log probabilities of the prompt, which are always computed', async () => {
    const runner = await start();
    await ask(runner, foxes);
    expect((await ask(runner, foxes, { promptLogprobs: 1 })).cached).toBe(0);
    const { cached, prompt } = await ask(runner, foxes);
    expect(cached).toBe(prompt);
  });
});

describe('kept logits', () => {
  it('do not serve a prompt that is shorter, longer or different, or has another salt', async () => {
    const runner = await start();
    const first = await ask(runner, foxes);
    for (const [text, cacheSalt] of [
      [foxes.slice(0, -4), undefined],
      [`${foxes} And`, undefined],
      [`${foxes.slice(0, -3)}xy`, undefined],
      [foxes, 'secret'],
    ] as const) {
      await ask(runner, foxes);
      const fresh = await start({ keepLogits: false });
      const salted = cacheSalt === undefined ? {} : { cacheSalt };
      const other = await ask(runner, text, salted);
      expect(other.cached).toBeLessThan(other.prompt);
      const alone = await ask(fresh, text);
      expect(other.tokens[0]).toBe(alone.tokens[0]);
    }
    expect((await ask(runner, foxes)).tokens).toEqual(first.tokens);
  });

  it('of a usual request do not serve a deterministic one', async () => {
    const runner = await start();
    await ask(runner, foxes);
    const fixed = await ask(runner, foxes, { deterministic: true });
    expect(fixed.cached).toBeLessThan(fixed.prompt);
    expect((await ask(runner, foxes, { deterministic: true })).cached).toBe(fixed.prompt);
  });

  it('are forgotten when a context shift moves the tokens before them', async () => {
    const runner = await start({ contextLength: 256 });
    const short = foxes.slice(0, 200);
    const overrides = { keep: 4, maxTokens: 200, sampling: { ...plain, ignoreEos: true } };
    const before = await ask(runner, short, { ...overrides, maxTokens: 3 });
    expect((await ask(runner, short, overrides)).cached).toBe(before.prompt);
    const after = await ask(runner, short, { ...overrides, maxTokens: 3 });
    expect(after.cached).toBe(4);
    expect(after.tokens).toEqual(before.tokens);
  });

  it('go with the state to another slot and to host memory, but not to disk', async () => {
    const prefixCache = {
      hostBytes: 64 * MIB,
      diskBytes: 64 * MIB,
      folder: join(folder, 'states'),
      modelDigest: 'ef'.repeat(32),
    };
    const two = await start({ slots: 2 });
    const fixed = { deterministic: true };
    const first = await ask(two, foxes, fixed);
    const [busy, copied] = await Promise.all([
      ask(two, foxes, { maxTokens: 100, sampling: { ...plain, ignoreEos: true } }),
      ask(two, foxes, fixed),
    ]);
    expect(busy.tokens).toHaveLength(100);
    expect(copied).toEqual({ ...first, cached: first.prompt });
    const one = await start({ prefixCache });
    await ask(one, foxes, fixed);
    await ask(one, rivers);
    expect(await ask(one, foxes, fixed)).toEqual({ ...first, cached: first.prompt });
    await one.stop();
    const later = await start({ prefixCache });
    const restored = await ask(later, foxes);
    expect(restored.cached).toBe(restored.prompt - 1);
    expect((await ask(later, foxes)).cached).toBe(restored.prompt);
  });

  for (const architecture of ['mamba', 'gemma3'] satisfies RandomArchitecture[]) {
    it(`serve a model whose state is ${architecture === 'mamba' ? 'recurrent' : 'windowed'} where it still has it`, async () => {
      const modelPath = join(folder, `${architecture}.gguf`);
      await writeRandomArchitecture(modelPath, architecture);
      const runner = await start({ modelPath, contextLength: 512 });
      const prompt = Array.from({ length: 150 }, (_, index) => 3 + ((index * index * 31 + index) % 300));
      const classify = () => askRunner(runner, prompt, { maxTokens: 1, topLogprobs: 1 });
      const first = await classify();
      expect(await classify()).toEqual({ ...first, cached: prompt.length });
      const longer = await askRunner(runner, prompt, { maxTokens: 9, topLogprobs: 1 });
      expect(longer.cached).toBe(prompt.length);
      expect(longer.tokens[0]).toBe(first.tokens[0]);
      const again = await askRunner(runner, prompt, { maxTokens: 9, topLogprobs: 1 });
      expect(again.tokens).toEqual(longer.tokens);
    });
  }

  it('of chunks computed alone reuse all of a deterministic prompt, not only whole chunks', async () => {
    const runner = await start();
    const first = await ask(runner, foxes, { deterministic: true });
    const again = await ask(runner, foxes, { deterministic: true });
    expect(first.prompt % CHUNK_TOKENS).not.toBe(0);
    expect(again).toEqual({ ...first, cached: first.prompt });
    await ask(runner, rivers, { deterministic: true });
    await ask(runner, foxes.slice(0, 300));
    expect(await ask(runner, foxes, { deterministic: true })).toEqual({
      ...first,
      cached: expect.any(Number),
    });
  });
});
