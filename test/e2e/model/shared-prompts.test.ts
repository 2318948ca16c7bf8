/** Requests with one prompt that arrive together: it is computed once, and each gets the answer that it would get alone. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { CompletionRequest, SamplingOptions } from '../../../src/protocol/completion.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { writeRandomArchitecture } from '../../fakes/models/random-architectures.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { type Answer, askRunner, startEngine } from '../support/engine-runner.ts';

const SLOTS = 4;
const text = 'A river runs from the mountains to the sea, past towns and fields and mills. '.repeat(4).trim();
const sampling: SamplingOptions = {
  temperature: 0.8,
  topK: 40,
  topP: 0.9,
  minP: 0,
  typicalP: 1,
  repeatPenalty: 1.1,
  repeatLastN: 64,
  presencePenalty: 0,
  frequencyPenalty: 0,
  seed: 1,
};
const seeds = [1, 2, 3, 4];

let folder: string;
let tiny: string;
let runners: Runner[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shared-prompts-'));
  tiny = join(folder, 'tiny.gguf');
  await writeRandomModel(tiny, { contextLength: 1024 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));
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
    slots: SLOTS,
    threads: 1,
    keepLogits: true,
    ...load,
  });
  runners.push(runner);
  return runner;
}

const read = (runner: Runner, of = text) => runner.tokenize(of, { addSpecial: true, parseSpecial: true });
const withSeed = (seed: number): Partial<CompletionRequest> => ({
  sampling: { ...sampling, seed },
  topLogprobs: 2,
  draftTokens: 0,
});

/** Number of prompt tokens that were computed for all of them. */
const computed = (answers: readonly Answer[]) =>
  answers.reduce((sum, { prompt, cached }) => sum + prompt - cached, 0);

it.each([
  ['a deterministic request', { deterministic: true }, {}],
  ['any request', {}, {}],
  ['a slot without kept logits', { deterministic: true }, { keepLogits: false }],
])('the prompt is computed once: %s', async (_, changes, load) => {
  const alone: Answer[] = [];
  for (const seed of seeds) {
    const runner = await start(load);
    alone.push(await askRunner(runner, await read(runner), { ...withSeed(seed), ...changes }));
    await runner.stop();
  }
  const runner = await start(load);
  const prompt = await read(runner);
  const together = await Promise.all(
    seeds.map((seed) => askRunner(runner, prompt, { ...withSeed(seed), ...changes })),
  );
  const again = 'keepLogits' in load ? 1 + (prompt.length % 64 || 64) : 0;
  expect(computed(together)).toBeLessThanOrEqual(prompt.length + (SLOTS - 1) * again);
  if ('deterministic' in changes) {
    expect(together.map(({ tokens, logprobs }) => ({ tokens, logprobs }))).toEqual(
      alone.map(({ tokens, logprobs }) => ({ tokens, logprobs })),
    );
  }
});

it('what several prompts begin with is computed once', async () => {
  const runner = await start();
  const prompts = await Promise.all(
    ['One?', 'Two?', 'Three?', 'Four?'].map((question) => read(runner, `${text} ${question}`)),
  );
  const answers = await Promise.all(prompts.map((prompt) => askRunner(runner, prompt, withSeed(1))));
  const [first = []] = prompts;
  // Each has a few tokens of its own.
  expect(computed(answers)).toBeLessThan(first.length + 60);
});

it('prompts of a recurrent model are computed once', async () => {
  const modelPath = join(folder, 'recurrent.gguf');
  await writeRandomArchitecture(modelPath, 'mamba');
  const runner = await start({ modelPath });
  const prompt = await read(runner);
  const answers = await Promise.all(seeds.map((seed) => askRunner(runner, prompt, withSeed(seed))));
  expect(computed(answers)).toBe(prompt.length);
});

it('a request with another salt computes the prompt itself', async () => {
  const runner = await start();
  const prompt = await read(runner);
  const answers = await Promise.all(
    ['a', 'b'].map((cacheSalt) => askRunner(runner, prompt, { ...withSeed(1), cacheSalt })),
  );
  expect(answers.map(({ cached }) => cached)).toEqual([0, 0]);
});

it('the others go on when the one that computes the prompt is canceled', async () => {
  const runner = await start();
  const prompt = await read(runner);
  const abort = new AbortController();
  const first = askRunner(runner, prompt, withSeed(1), abort.signal);
  const others = [2, 3].map((seed) => askRunner(runner, prompt, withSeed(seed)));
  abort.abort();
  await expect(first).rejects.toMatchObject({ code: 'canceled' });
  const answers = await Promise.all(others);
  for (const { tokens } of answers) expect(tokens.length).toBeGreaterThan(0);
  expect(computed(answers)).toBeLessThanOrEqual(prompt.length);
});
