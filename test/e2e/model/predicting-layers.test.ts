import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ggufFacts } from '../../../src/gguf/facts.ts';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import type {
  CompletionEvent,
  CompletionRequest,
  CompletionTimings,
} from '../../../src/protocol/completion.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { predictingLayerBytes } from '../../../src/scheduler/memory/memory-estimate.ts';
import { circleFrom } from '../../fakes/models/circle-model.ts';
import { writePredictionModel } from '../../fakes/models/prediction-model.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { startEngine } from '../support/engine-runner.ts';
import { plainSampling } from '../support/plain-sampling.ts';

let folder: string;
let model: string;
const runners: Runner[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'predicting-'));
  model = join(folder, 'model.gguf');
  await writePredictionModel(model);
});

afterAll(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function start(load: Partial<LoadOptions> = {}): Promise<Runner> {
  const runner = await startEngine({
    modelPath: model,
    threads: 1,
    predictingLayers: true,
    drafting: 'on',
    ...load,
  });
  runners.push(runner);
  return runner;
}

async function complete(
  runner: Runner,
  prompt: readonly number[],
  overrides: Partial<CompletionRequest> = {},
): Promise<{ readonly tokens: readonly number[]; readonly timings: CompletionTimings }> {
  const request: CompletionRequest = {
    ...{ prompt, sampling: plainSampling, stop: [], maxTokens: 50, keep: 4, shift: true, ...overrides },
  };
  let done: CompletionEvent | undefined;
  for await (const event of runner.complete(request)) done = event;
  if (done?.type !== 'done') throw new Error('the last event is not "done"');
  return done;
}

/** Text of the model's circle from a token on. */
const promptFrom = (token: number, length = 20) => [1, ...circleFrom(token, length)];

describe('layers that predict further tokens', () => {
  it('draft from the hidden states of the model, and change no token', async () => {
    const plain = await start({ predictingLayers: false });
    expect(plain.facts.drafts).toBeUndefined();
    const drafted = await start();
    expect(drafted.facts.drafts).toBe('predicting-layers');
    for (const first of [100, 120, 150]) {
      const expected = await complete(plain, promptFrom(first), { draftTokens: 0 });
      const { tokens, timings } = await complete(drafted, promptFrom(first));
      expect(tokens).toEqual(expected.tokens);
      // Six of seven predictions are right, and each draft ends at the first wrong one.
      expect(timings.acceptedTokens).toBeGreaterThan(25);
      expect(timings.draftedTokens).toBeGreaterThan(timings.acceptedTokens);
    }
  });

  it('draft for streams with prompts of different lengths at once', async () => {
    const drafted = await start({ slots: 4, contextLength: 256 });
    const firsts = Array.from({ length: 10 }, (_, index) => 100 + 5 * index);
    const results = await Promise.all(
      firsts.map((first, index) => complete(drafted, promptFrom(first, 5 + 13 * index))),
    );
    for (const [index, { tokens }] of results.entries()) {
      const last = promptFrom(firsts[index] ?? 0, 5 + 13 * index).at(-1) ?? 0;
      expect(tokens).toEqual(circleFrom(last, 50));
    }
    const accepted = results.reduce((total, { timings }) => total + timings.acceptedTokens, 0);
    expect(accepted).toBeGreaterThan(100);
  });

  it('go on after a cached prompt, a context shift, and an answer that came back in the next prompt', async () => {
    const drafted = await start({ contextLength: 128 });
    const first = promptFrom(100, 90);
    const long = await complete(drafted, first, { maxTokens: 200 });
    expect(long.tokens).toEqual(circleFrom(first.at(-1) ?? 0, 200));
    const one = await complete(drafted, promptFrom(130, 40), { maxTokens: 20 });
    const again = await complete(drafted, promptFrom(130, 40), { maxTokens: 20 });
    expect(again.timings.cachedTokens).toBeGreaterThan(30);
    expect(again.tokens).toEqual(one.tokens);
    const next = [...promptFrom(130, 40), ...one.tokens];
    const after = await complete(drafted, next, { maxTokens: 20 });
    expect(after.timings.cachedTokens).toBeGreaterThan(40);
    expect(after.tokens).toEqual(circleFrom(next.at(-1) ?? 0, 20));
    for (const { timings } of [long, one, again, after]) expect(timings.acceptedTokens).toBeGreaterThan(5);
  });

  it('are silent for a deterministic request, which gets the same numbers to the last bit', async () => {
    const plain = await start({ predictingLayers: false });
    const drafted = await start();
    const request = { deterministic: true, topLogprobs: 1 };
    const logprobs = async (runner: Runner) => {
      const found: number[] = [];
      const base = { prompt: promptFrom(110, 80), sampling: plainSampling, stop: [], keep: 4, shift: true };
      for await (const event of runner.complete({ ...base, maxTokens: 20, ...request })) {
        if (event.type === 'text') found.push(...(event.logprobs ?? []).map(({ logprob }) => logprob));
      }
      return found;
    };
    await complete(drafted, promptFrom(100));
    const exact = await logprobs(drafted);
    expect(exact).toHaveLength(20);
    expect(exact).toEqual(await logprobs(plain));
    expect((await complete(drafted, promptFrom(110, 80), request)).timings.draftedTokens).toBe(0);
  });

  it('are left out, with the reason, where the file does not have them', async () => {
    const bare = join(folder, 'bare.gguf');
    await writePredictionModel(bare, { hasPredictingLayer: false });
    const facts = ggufFacts(await readGgufFile(bare));
    expect(facts.hasPredictingLayer).toBeUndefined();
    expect(ggufFacts(await readGgufFile(model)).hasPredictingLayer).toBe(true);
    const llama = join(folder, 'llama.gguf');
    await writeRandomModel(llama);
    const runner = await start({ modelPath: llama });
    expect(runner.facts.draftProblem).toBe('the library finds no predicting layers');
    expect((await complete(runner, [1, 70, 80], { maxTokens: 5 })).timings.draftedTokens).toBe(0);
  });

  it('are part of the memory that the engine reports and that is predicted', async () => {
    const load = { contextLength: 512, slots: 1, batchSize: 128 };
    const plain = await start({ ...load, predictingLayers: false });
    const drafted = await start(load);
    const reported = drafted.facts.memoryBytes - plain.facts.memoryBytes;
    expect(reported).toBeGreaterThan(0);
    const facts = ggufFacts(await readGgufFile(model));
    const predicted = predictingLayerBytes(facts, { ...load, kvCacheType: 'f16', flashAttention: 'auto' }, 1);
    expect(predicted).toBeGreaterThan(0.7 * reported);
    expect(predicted).toBeLessThan(2 * reported);
  });
});
