import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OllamaError } from '../../../src/base/errors.ts';
import type {
  CompletionEvent,
  CompletionRequest,
  CompletionTimings,
} from '../../../src/protocol/completion.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { defaultWords, writeRandomModel } from '../../fakes/models/random-model.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { rounds as roundsOf } from '../../scale.ts';
import { twoSampleChiSquare } from '../support/chi-square.ts';
import { startEngine } from '../support/engine-runner.ts';
import { plainSampling } from '../support/plain-sampling.ts';

/** Sharp enough for the draft to be sure of some of its tokens. */
const sharp = { sharpness: 12, layers: 4, embedding: 64, contextLength: 512 };

let folder: string;
let target: string;
/** Agrees with the target in most tokens, at a fraction of its cost. */
let draft: string;
const runners: Runner[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drafts-'));
  target = join(folder, 'target.gguf');
  draft = join(folder, 'draft.gguf');
  await writeRandomModel(target, sharp);
  await writeRandomModel(draft, { ...sharp, noise: 0.002 });
});

afterAll(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function start(load: Partial<LoadOptions> = {}): Promise<Runner> {
  // Without flash attention, sums have 32 bits: a batch then differs from single tokens by too little to turn a choice.
  const runner = await startEngine({ modelPath: target, threads: 1, flashAttention: 'off', ...load });
  runners.push(runner);
  return runner;
}

interface Result {
  readonly tokens: readonly number[];
  /** How much likelier the likeliest token was than the next, as a logarithm, for each token. */
  readonly leads: readonly number[];
  readonly timings: CompletionTimings;
}

async function complete(
  runner: Runner,
  prompt: readonly number[],
  overrides: Partial<CompletionRequest> = {},
): Promise<Result> {
  const request: CompletionRequest = {
    ...{ prompt, sampling: plainSampling, stop: [], maxTokens: 120, keep: 4, shift: true, ...overrides },
  };
  const leads: number[] = [];
  let done: CompletionEvent | undefined;
  for await (const event of runner.complete(request)) {
    done = event;
    if (event.type !== 'text') continue;
    for (const { topLogprobs } of event.logprobs ?? []) {
      leads.push((topLogprobs[0]?.logprob ?? 0) - (topLogprobs[1]?.logprob ?? Number.NEGATIVE_INFINITY));
    }
  }
  if (done?.type !== 'done') throw new Error('the last event is not "done"');
  return { ...done, leads };
}

const plainly = { draftTokens: 0, topLogprobs: 2 } as const;

/** Twenty times what another number of tokens per call changes in these models. */
const NEAR_TIE = 0.1;

/**
 * Requires equal texts at temperature 0. Where two tokens were nearly equally likely, other last bits may turn the choice,
 * and all that follows is another text.
 * @returns whether they are equal to the end
 */
function requireSame(expected: Result, { tokens }: Pick<Result, 'tokens'>): boolean {
  const at = expected.tokens.findIndex((token, index) => token !== tokens[index]);
  if (at < 0 && tokens.length === expected.tokens.length) return true;
  expect(expected.leads[at < 0 ? expected.leads.length - 1 : at]).toBeLessThan(NEAR_TIE);
  return false;
}

/** Prompts of random tokens. */
function prompts(count: number, length: number, seed = 5): number[][] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => [
    1,
    ...Array.from({ length }, () => 3 + Math.floor(random() * 330)),
  ]);
}

const always = () => ({ draft: { modelPath: draft }, drafting: 'on' }) as const;

describe('a draft model', () => {
  it('changes no token at temperature 0, whether its tokens are right or wrong', async () => {
    const plain = await start();
    const drafted = await start(always());
    const total = { same: 0, drafted: 0, accepted: 0 };
    for (const prompt of [...prompts(12, 30), ...prompts(4, 300, 6)]) {
      const expected = await complete(plain, prompt, plainly);
      const result = await complete(drafted, prompt);
      const { timings } = result;
      if (requireSame(expected, result)) total.same++;
      expect(timings.completionTokens - result.tokens.length).toBeLessThanOrEqual(1);
      total.drafted += timings.draftedTokens;
      total.accepted += timings.acceptedTokens;
    }
    expect(total.same).toBeGreaterThan(10);
    expect(total.accepted).toBeGreaterThan(50);
    expect(total.drafted - total.accepted).toBeGreaterThan(50);
  });

  it('drafts for several streams at once, one of which is canceled, and gives each the same tokens as alone', async () => {
    const plain = await start();
    const drafted = await start({ ...always(), slots: 4, contextLength: 256 });
    const wanted = prompts(12, 60, 8);
    const canceled = new AbortController();
    const request = { prompt: prompts(1, 60, 9)[0] ?? [], sampling: plainSampling, stop: [], keep: 4 };
    const leaving = (async () => {
      let events = 0;
      const stream = drafted.complete({ ...request, maxTokens: 150, shift: true }, canceled.signal);
      try {
        for await (const { type } of stream) if (type === 'text' && ++events === 5) canceled.abort();
      } catch (error) {
        return error instanceof OllamaError ? error.code : error;
      }
      return undefined;
    })();
    const results = await Promise.all(wanted.map((prompt) => complete(drafted, prompt)));
    expect(await leaving).toBe('canceled');
    for (const [index, prompt] of wanted.entries()) {
      requireSame(await complete(plain, prompt, plainly), results[index] ?? { tokens: [] });
    }
    expect(results.filter(({ timings }) => timings.acceptedTokens > 0).length).toBeGreaterThan(6);
  });

  it('continues past a full context, and into the next turn of a conversation', async () => {
    const plain = await start({ contextLength: 256 });
    const drafted = await start({ ...always(), contextLength: 256 });
    let longest = 0;
    for (const prompt of prompts(8, 20, 10)) {
      const sampling = { ...plainSampling, temperature: 2, seed: 3 };
      const { tokens, timings } = await complete(drafted, prompt, { maxTokens: 500, sampling });
      longest = Math.max(longest, tokens.length);
      expect(timings.completionTokens).toBeGreaterThanOrEqual(tokens.length);
      const next = [...prompt, ...tokens.slice(0, 60), ...(prompts(1, 10, 11)[0] ?? [])];
      requireSame(await complete(plain, next, plainly), await complete(drafted, next));
    }
    expect(longest).toBeGreaterThan(256);
  });

  it('drafts nothing for a deterministic request, and none if the request or the setting says so', async () => {
    const plain = await start();
    const drafted = await start(always());
    const off = await start({ ...always(), drafting: 'off' });
    expect(off.facts.drafts).toBeUndefined();
    for (const prompt of prompts(4, 100, 12)) {
      const expected = await complete(plain, prompt, { deterministic: true });
      const exact = await complete(drafted, prompt, { deterministic: true });
      expect(exact.tokens).toEqual(expected.tokens);
      expect(exact.timings.draftedTokens).toBe(0);
      expect((await complete(drafted, prompt, { draftTokens: 0 })).timings.draftedTokens).toBe(0);
      expect((await complete(off, prompt)).tokens).toEqual((await complete(plain, prompt)).tokens);
    }
  });

  it('never drafts more tokens at once than the request allows', async () => {
    const drafted = await start(always());
    const [prompt = []] = prompts(1, 40, 13);
    const { tokens, timings } = await complete(drafted, prompt, { draftTokens: 1 });
    expect(timings.draftedTokens).toBeGreaterThan(0);
    expect(timings.draftedTokens).toBeLessThanOrEqual(tokens.length);
  });

  it('is left out, with the reason, where it does not fit the model or does not load', async () => {
    const other = join(folder, 'other.gguf');
    await writeRandomModel(other, { ...sharp, vocabulary: [...defaultWords.slice(0, 60), 'xyz'] });
    const broken = join(folder, 'broken.gguf');
    await writeFile(broken, 'no GGUF at all');
    const [prompt = []] = prompts(1, 40, 14);
    const plain = await complete(await start(), prompt);
    for (const [modelPath, problem] of [
      [other, 'token 319 is another text'],
      [broken, 'unable to load the model'],
    ] as const) {
      const runner = await start({ draft: { modelPath }, drafting: 'on' });
      expect(runner.facts.drafts).toBeUndefined();
      expect(runner.facts.draftProblem).toContain(problem);
      expect((await complete(runner, prompt)).tokens).toEqual(plain.tokens);
    }
  });

  it('is part of the memory that the engine reports', async () => {
    const alone = await start();
    const beside = await start(always());
    expect(beside.facts.memoryBytes).toBeGreaterThan(1.5 * alone.facts.memoryBytes);
  });

  it('is not part of it once it was let go again, however it was loaded', async () => {
    const other = join(folder, 'large-other.gguf');
    await writeRandomModel(other, {
      ...sharp,
      layers: 12,
      vocabulary: [...defaultWords.slice(0, 60), 'xyz'],
    });
    for (const useMmap of [true, false]) {
      const alone = await start({ useMmap });
      const beside = await start({ useMmap, draft: { modelPath: other }, drafting: 'on' });
      expect(beside.facts.draftProblem).toBeDefined();
      expect(beside.facts.memoryBytes).toBe(alone.facts.memoryBytes);
    }
  });

  it('leaves the distribution of sampled tokens as it is', async () => {
    const plain = await start();
    const drafted = await start(always());
    const rounds = roundsOf({ change: 600, long: 3000, nightly: 20_000 });
    let accepted = 0;
    const sample = async (runner: Runner, from: number, draftTokens?: number) => {
      const counts = new Map<string, number>();
      for (let seed = from; seed < from + rounds; seed++) {
        const sampling = { ...plainSampling, temperature: 2, seed };
        const [prompt = []] = prompts(1, 12, 15);
        const overrides = { sampling, maxTokens: 4, ...(draftTokens !== undefined && { draftTokens }) };
        const { tokens, timings } = await complete(runner, prompt, overrides);
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
});
