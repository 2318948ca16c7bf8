/** Models whose memory is not a plain KV cache draft where their drafts can be taken back, and give the same texts. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  CompletionEvent,
  CompletionRequest,
  CompletionTimings,
} from '../../../src/protocol/completion.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import type { SizedArchitecture } from '../../fakes/models/sized-architectures.ts';
import { writeSizedModel } from '../../fakes/models/sized-model.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { startEngine } from '../support/engine-runner.ts';
import { HAS_MATRIX_UNITS } from '../support/matrix-units.ts';
import { plainSampling } from '../support/plain-sampling.ts';

const VOCABULARY = 400;
const PROMPTS = 6;
const sizes = {
  ...{
    seed: 3,
    sharpness: 3,
    embedding: 128,
    heads: 4,
    kvHeads: 2,
    headLength: 32,
    feedForward: 128,
    layers: 6,
  },
  ...{ vocabulary: VOCABULARY, contextLength: 1024 },
};

let folder: string;
const runners: Runner[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'other-memories-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function modelOf(architecture: SizedArchitecture, noise = 0): Promise<string> {
  const path = join(folder, `${architecture}-${noise}.gguf`);
  const window = { [`${architecture}.attention.sliding_window`]: { type: 'u32', value: 32 } } as const;
  const hasWindow = ['gemma3', 'gpt-oss'].includes(architecture);
  await writeSizedModel(path, { architecture, ...sizes, noise, ...(hasWindow && { metadata: window }) });
  return path;
}

async function start(modelPath: string, load: Partial<LoadOptions> = {}): Promise<Runner> {
  // Without flash attention, sums have 32 bits: a batch then differs from single tokens by too little to turn a choice.
  const exact = { threads: 1, flashAttention: 'off' } as const;
  const runner = await startEngine({ modelPath, snapshots: 7, ...exact, ...load });
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
  signal?: AbortSignal,
): Promise<Result> {
  const request: CompletionRequest = {
    ...{ prompt, sampling: plainSampling, stop: [], maxTokens: 60, keep: 4, shift: true, ...overrides },
  };
  const leads: number[] = [];
  let done: CompletionEvent | undefined;
  for await (const event of runner.complete(request, signal)) {
    done = event;
    if (event.type !== 'text') continue;
    for (const { topLogprobs } of event.logprobs ?? []) {
      leads.push((topLogprobs[0]?.logprob ?? 0) - (topLogprobs[1]?.logprob ?? Number.NEGATIVE_INFINITY));
    }
  }
  if (done?.type !== 'done') throw new Error('the last event is not "done"');
  return { ...done, leads };
}

/** Twenty times what another number of tokens per call changes in these models; matrix units round more coarsely. */
const NEAR_TIE = HAS_MATRIX_UNITS ? 0.4 : 0.1;

/** Requires equal texts at temperature 0, up to a near tie. @returns whether they are equal to the end */
function requireSame(expected: Result, { tokens }: Pick<Result, 'tokens'>): boolean {
  const at = expected.tokens.findIndex((token, index) => token !== tokens[index]);
  if (at < 0 && tokens.length === expected.tokens.length) return true;
  expect(expected.leads[at < 0 ? expected.leads.length - 1 : at]).toBeLessThan(NEAR_TIE);
  return false;
}

function prompts(count: number, seed = 5): number[][] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => [
    1,
    ...Array.from({ length: 60 }, () => 3 + Math.floor(random() * (VOCABULARY - 10))),
  ]);
}

/** A text that repeats itself, apart from the model's choice at the beginning of each round. */
const rounds = 'root ::= (("word11" | "word12") "word21word22word23word24word25word26word27")*';

const plainly = { draftTokens: 0, topLogprobs: 2 } as const;

/**
 * Compares texts with those of a runner that drafts nothing, and how likely their tokens are.
 * @returns number of drafted and accepted tokens
 */
async function compare(
  plain: Runner,
  drafted: Runner,
  overrides: Partial<CompletionRequest> = {},
  seed?: number,
) {
  const total = { same: 0, drafted: 0, accepted: 0 };
  for (const prompt of prompts(PROMPTS, seed)) {
    const expected = await complete(plain, prompt, { ...plainly, ...overrides });
    const result = await complete(drafted, prompt, { topLogprobs: 2, ...overrides });
    if (requireSame(expected, result)) {
      total.same++;
      for (const [index, lead] of result.leads.entries())
        expect(Math.abs(lead - (expected.leads[index] ?? 0))).toBeLessThan(NEAR_TIE);
    }
    total.drafted += result.timings.draftedTokens;
    total.accepted += result.timings.acceptedTokens;
  }
  return total;
}

describe.each<SizedArchitecture>(['gemma3', 'lfm2', 'qwen35', 'nemotron_h'])('%s', (architecture) => {
  it('drafts, and changes no token at temperature 0', async () => {
    const model = await modelOf(architecture);
    const plain = await start(model, { snapshots: 0 });
    const lookup = await compare(plain, await start(model), { grammar: rounds });
    const load = { draft: { modelPath: await modelOf(architecture, 0.002) }, drafting: 'on' } as const;
    const runner = await start(model, load);
    expect(runner.facts.drafts).toBe('model');
    const drafted = await compare(plain, runner, {}, 6);
    // How much prompt lookup drafts depends on the measured speed.
    expect(lookup.accepted).toBeGreaterThan(0);
    expect(drafted.accepted).toBeGreaterThan(40);
    for (const { same } of [lookup, drafted]) expect(same).toBeGreaterThan(PROMPTS / 2);
    const wrong = lookup.drafted - lookup.accepted + drafted.drafted - drafted.accepted;
    expect(wrong).toBeGreaterThan(10);
  });

  it('drafts for several streams, some of which are canceled, and gives each the same tokens as alone', async () => {
    const model = await modelOf(architecture);
    const plain = await start(model, { snapshots: 0 });
    const load = { draft: { modelPath: await modelOf(architecture, 0.002) }, drafting: 'on' } as const;
    const drafted = await start(model, { ...load, slots: 4, contextLength: 256 });
    const wanted = prompts(8, 8);
    const canceled = [20, 60, 150].map(async (milliseconds) => {
      const [prompt = []] = prompts(1, milliseconds);
      const signal = AbortSignal.timeout(milliseconds);
      await complete(drafted, prompt, { maxTokens: 150 }, signal).catch(() => undefined);
    });
    const results = await Promise.all(wanted.map((prompt) => complete(drafted, prompt)));
    await Promise.all(canceled);
    for (const [index, prompt] of wanted.entries()) {
      requireSame(await complete(plain, prompt, plainly), results[index] ?? { tokens: [] });
    }
    // What was canceled has left nothing that a later prompt would start from.
    for (const milliseconds of [20, 60, 150]) {
      const [prompt = []] = prompts(1, milliseconds);
      requireSame(await complete(plain, prompt, plainly), await complete(drafted, prompt));
    }
    expect(results.reduce((sum, { timings }) => sum + timings.acceptedTokens, 0)).toBeGreaterThan(30);
  });

  it('gives a deterministic request the same numbers to the last bit, whether it could draft or not', async () => {
    const model = await modelOf(architecture);
    const load = { draft: { modelPath: await modelOf(architecture, 0.002) }, drafting: 'on' } as const;
    const plain = await start(model, { snapshots: 0 });
    const drafted = await start(model, load);
    for (const prompt of prompts(3, 9)) {
      const request = { deterministic: true, topLogprobs: 2 } as const;
      await complete(drafted, prompt, { maxTokens: 30 });
      const exact = await complete(drafted, prompt, request);
      const { tokens, leads } = await complete(plain, prompt, request);
      expect(exact.timings.draftedTokens).toBe(0);
      expect({ tokens: exact.tokens, leads: exact.leads }).toEqual({ tokens, leads });
    }
  });
});

it.each<SizedArchitecture>(['mamba', 'mamba2', 'granitehybrid'])(
  '%s drafts nothing',
  async (architecture) => {
    const model = await modelOf(architecture);
    const runner = await start(model, { draft: { modelPath: model }, drafting: 'on' });
    expect(runner.facts.draftProblem).toBe('the memory of the model cannot step back from a wrong token');
    for (const prompt of prompts(2)) expect((await complete(runner, prompt)).timings.draftedTokens).toBe(0);
  },
);

it.each<SizedArchitecture>(['mamba2', 'lfm2', 'granitehybrid', 'gemma3'])(
  'a draft model of the architecture %s drafts for a model of another',
  async (architecture) => {
    const target = await modelOf('llama');
    const plain = await start(target);
    const draft = await modelOf(architecture);
    const drafted = await start(target, { draft: { modelPath: draft }, drafting: 'on', slots: 2 });
    expect(drafted.facts.drafts).toBe('model');
    expect((await compare(plain, drafted, {}, 12)).drafted).toBeGreaterThan(0);
  },
);
