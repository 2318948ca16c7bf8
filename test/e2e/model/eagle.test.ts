/** EAGLE-3 models draft from hidden states of the model. */
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
import { draftBytes } from '../../../src/scheduler/memory/memory-estimate.ts';
import { circleFrom, circleMetadata, circleWords } from '../../fakes/models/circle-model.ts';
import { writeEagleModel, writeEagleTarget } from '../../fakes/models/eagle-model.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import type { SizedArchitecture } from '../../fakes/models/sized-architectures.ts';
import { writeSizedModel } from '../../fakes/models/sized-model.ts';
import { rounds as roundsOf } from '../../scale.ts';
import { twoSampleChiSquare } from '../support/chi-square.ts';
import { startEngine } from '../support/engine-runner.ts';
import { plainSampling } from '../support/plain-sampling.ts';

let folder: string;
let model: string;
let eagle: string;
const runners: Runner[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eagle-'));
  model = join(folder, 'model.gguf');
  eagle = join(folder, 'eagle.gguf');
  await writeEagleTarget(model);
  await writeEagleModel(eagle);
});

afterAll(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function start(load: Partial<LoadOptions> = {}): Promise<Runner> {
  const runner = await startEngine({ modelPath: model, threads: 1, ...load });
  runners.push(runner);
  return runner;
}

/** With an EAGLE-3 model that always drafts. */
const drafting = (path = eagle) => ({ draft: { modelPath: path }, drafting: 'on' }) as const;

interface Result {
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
  readonly timings: CompletionTimings;
}

async function complete(
  runner: Runner,
  prompt: readonly number[],
  overrides: Partial<CompletionRequest> = {},
): Promise<Result> {
  const request: CompletionRequest = {
    ...{ prompt, sampling: plainSampling, stop: [], maxTokens: 50, keep: 4, shift: true, ...overrides },
  };
  const logprobs: number[] = [];
  let done: CompletionEvent | undefined;
  for await (const event of runner.complete(request)) {
    done = event;
    if (event.type === 'text') logprobs.push(...(event.logprobs ?? []).map(({ logprob }) => logprob));
  }
  if (done?.type !== 'done') throw new Error('the last event is not "done"');
  return { ...done, logprobs };
}

/** A random model with the vocabulary of the circle. */
async function sizedTarget(architecture: SizedArchitecture): Promise<string> {
  const path = join(folder, `${architecture}.gguf`);
  const all = Object.entries(circleMetadata(architecture, 6, {}));
  const tokenizer = all.filter(([key]) => key.startsWith('tokenizer.'));
  await writeSizedModel(path, {
    ...{ architecture, seed: 3, layers: 6, embedding: 128, heads: 4, kvHeads: 2, headLength: 32 },
    ...{ feedForward: 128, vocabulary: circleWords, metadata: Object.fromEntries(tokenizer) },
  });
  return path;
}

/** Text of the model's circle from a token on. */
const promptFrom = (token: number, length = 20) => [1, ...circleFrom(token, length)];

describe('an EAGLE-3 model', () => {
  it('drafts from hidden states of the model, and changes no token', async () => {
    const plain = await start();
    const own = join(folder, 'own-vocabulary.gguf');
    await writeEagleModel(own, { hasOwnVocabulary: true });
    for (const path of [eagle, own]) {
      const drafted = await start(drafting(path));
      expect(drafted.facts).toMatchObject({ drafts: 'model' });
      for (const first of [100, 120, 150]) {
        const expected = await complete(plain, promptFrom(first), { draftTokens: 0 });
        const { tokens, timings } = await complete(drafted, promptFrom(first));
        expect(tokens).toEqual(expected.tokens);
        // Six of seven predictions are right, and each draft ends at the first wrong one.
        expect(timings.acceptedTokens).toBeGreaterThan(25);
        expect(timings.draftedTokens).toBeGreaterThan(timings.acceptedTokens);
      }
    }
  });

  it('drafts for a model of another architecture', async () => {
    const other = join(folder, 'qwen3.gguf');
    await writeEagleTarget(other, 'qwen3');
    const drafted = await start({ ...drafting(), modelPath: other });
    const { tokens, timings } = await complete(drafted, promptFrom(110));
    expect(tokens).toEqual(circleFrom(promptFrom(110).at(-1) ?? 0, 50));
    expect(timings.acceptedTokens).toBeGreaterThan(25);
  });

  it.each<SizedArchitecture>(['gpt-oss', 'lfm2', 'nemotron_h', 'qwen35', 'qwen3moe'])(
    'reads the layers of a model of the architecture %s',
    async (architecture) => {
      const draft = join(folder, 'wide-eagle.gguf');
      await writeEagleModel(draft, { targetWidth: 128, hasOwnVocabulary: true });
      const exact = {
        modelPath: await sizedTarget(architecture),
        flashAttention: 'off',
        snapshots: 7,
      } as const;
      const plain = await start(exact);
      const drafted = await start({ ...exact, ...drafting(draft) });
      expect(drafted.facts).toMatchObject({ drafts: 'model' });
      const expected = await complete(plain, promptFrom(100), { draftTokens: 0 });
      expect((await complete(drafted, promptFrom(100))).tokens).toEqual(expected.tokens);
    },
  );

  it('drafts for streams with prompts of different lengths at once, some longer than its batch', async () => {
    const drafted = await start({ ...drafting(), slots: 4, contextLength: 256 });
    const lengths = Array.from({ length: 10 }, (_, index) => 5 + 20 * index);
    const results = await Promise.all(
      lengths.map((length, index) => complete(drafted, promptFrom(100 + 5 * index, length))),
    );
    for (const [index, { tokens }] of results.entries()) {
      const last = promptFrom(100 + 5 * index, lengths[index]).at(-1) ?? 0;
      expect(tokens).toEqual(circleFrom(last, 50));
    }
    const accepted = results.reduce((total, { timings }) => total + timings.acceptedTokens, 0);
    expect(accepted).toBeGreaterThan(100);
  });

  it('goes on after a cached prompt, a context shift, and an answer that came back in the next prompt', async () => {
    const drafted = await start({ ...drafting(), contextLength: 128 });
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

  it('is silent for a deterministic request, which gets the same numbers to the last bit', async () => {
    const plain = await start();
    const drafted = await start(drafting());
    const request = { deterministic: true, topLogprobs: 1 } as const;
    await complete(drafted, promptFrom(100));
    const exact = await complete(drafted, promptFrom(110, 80), request);
    const expected = await complete(plain, promptFrom(110, 80), request);
    expect(exact.logprobs).toHaveLength(50);
    expect({ tokens: exact.tokens, logprobs: exact.logprobs }).toEqual({
      tokens: expected.tokens,
      logprobs: expected.logprobs,
    });
    expect(exact.timings.draftedTokens).toBe(0);
  });

  it('leaves the distribution of sampled tokens as it is', async () => {
    const plain = await start();
    const drafted = await start(drafting());
    const rounds = roundsOf({ change: 600, long: 3000, nightly: 20_000 });
    let accepted = 0;
    const sample = async (runner: Runner, from: number, draftTokens?: number) => {
      const counts = new Map<string, number>();
      for (let seed = from; seed < from + rounds; seed++) {
        // Hot enough for other tokens than the next one of the circle.
        const sampling = { ...plainSampling, temperature: 3, seed };
        const overrides = { sampling, maxTokens: 4, ...(draftTokens !== undefined && { draftTokens }) };
        const { tokens, timings } = await complete(runner, promptFrom(100, 12), overrides);
        accepted += timings.acceptedTokens;
        for (const [place, token] of tokens.entries()) {
          const key = `${place} ${token}`;
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
      }
      return counts;
    };
    const without = await sample(plain, 1, 0);
    const withDrafts = await sample(drafted, 1 + rounds);
    expect(accepted).toBeGreaterThan(rounds / 10);
    const { statistic, freedom } = twoSampleChiSquare(without, withDrafts);
    expect(freedom).toBeGreaterThan(10);
    // Five standard deviations of the statistic above its mean: one false alarm in millions.
    expect(statistic).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom));
  });

  it('is left out, with the reason, where it does not fit the model', async () => {
    const wide = join(folder, 'wide.gguf');
    await writeRandomModel(wide, { embedding: 96, layers: 4 });
    const flat = join(folder, 'flat.gguf');
    await writeRandomModel(flat, { embedding: 64, layers: 2 });
    const gemma = await sizedTarget('gemma3');
    for (const [modelPath, problem] of [
      [wide, 'it was made for a model of width 64, not 96'],
      [gemma, 'the inputs of the layers of gemma3 models cannot be read, which EAGLE-3 models draft from'],
      [flat, 'it reads the input of layer 2, but the model has 2 layers, counted from 0'],
    ] as const) {
      const runner = await start({ ...drafting(), modelPath });
      expect(runner.facts.draftProblem).toBe(problem);
      expect((await complete(runner, [1, 70, 80], { maxTokens: 5 })).tokens.length).toBeGreaterThan(0);
    }
  });

  it('is part of the memory that the engine reports and that is predicted', async () => {
    const load = { contextLength: 512, slots: 1, batchSize: 128 };
    const plain = await start(load);
    const drafted = await start({ ...load, ...drafting() });
    const reported = drafted.facts.memoryBytes - plain.facts.memoryBytes;
    expect(reported).toBeGreaterThan(0);
    const facts = ggufFacts(await readGgufFile(eagle));
    const predicted = draftBytes(facts, { ...load, kvCacheType: 'f16', flashAttention: 'auto' }, 1);
    expect(predicted).toBeGreaterThan(0.7 * reported);
    expect(predicted).toBeLessThan(2 * reported);
  });
});
