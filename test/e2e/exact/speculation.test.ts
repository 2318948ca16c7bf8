import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import type { CompletionEvent, CompletionRequest } from '../../../src/protocol/completion.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { startRunner } from '../../../src/runner/start.ts';
import { HAS_MATRIX_UNITS } from '../support/matrix-units.ts';
import { plainSampling } from '../support/plain-sampling.ts';

const CONTEXT_LENGTH = 192;
/** SmolLM2 continues such lists forever, so nearly every guess is right. */
const list =
  'one two three four five six seven eight nine ten one two three four five six seven eight nine ten one two';

let runner: Runner;

beforeAll(async () => {
  runner = await startRunner({
    load: {
      modelPath: inject('smolModelPath'),
      contextLength: CONTEXT_LENGTH,
      slots: 2,
      batchSize: 64,
      threads: 0,
      gpuLayers: 0,
      useMmap: true,
      flashAttention: 'auto',
      kvCacheType: 'f16',
    },
    program: fileURLToPath(new URL('../../../dist/engine/main.js', import.meta.url)),
    loadTimeoutMs: 60_000,
    logger: silentLogger,
  });
});

afterAll(() => runner.stop());

async function complete(prompt: string, overrides: Partial<CompletionRequest> = {}) {
  const request: CompletionRequest = {
    prompt: await runner.tokenize(prompt, { addSpecial: true, parseSpecial: true }),
    sampling: plainSampling,
    stop: [],
    maxTokens: 60,
    keep: 4,
    shift: true,
    ...overrides,
  };
  const events: CompletionEvent[] = [];
  for await (const event of runner.complete(request)) events.push(event);
  const done = events.at(-1);
  if (done?.type !== 'done') throw new Error('the last event is not "done"');
  const text = events.flatMap((event) => (event.type === 'text' ? [event.text] : [])).join('');
  return { text, events, ...done };
}

/** Twenty times what another number of tokens per call changes in this model; matrix units round more coarsely. */
const NEAR_TIE = HAS_MATRIX_UNITS ? 0.4 : 0.1;

/** How much likelier the likeliest token was than the next, as a logarithm, for each token. */
function leads(events: readonly CompletionEvent[]): number[] {
  const logprobs = events.flatMap((event) => (event.type === 'text' ? (event.logprobs ?? []) : []));
  return logprobs.map(
    ({ topLogprobs: [first, second] }) =>
      (first?.logprob ?? 0) - (second?.logprob ?? Number.NEGATIVE_INFINITY),
  );
}

/** The same completion without and with speculation. */
async function both(prompt: string, overrides: Partial<CompletionRequest> = {}) {
  const plain = await complete(prompt, { ...overrides, draftTokens: 0 });
  const drafted = await complete(prompt, overrides);
  expect(plain.timings.draftedTokens).toBe(0);
  return { plain, drafted };
}

describe('prompt-lookup speculation', () => {
  it('guesses a text that repeats itself, and gives the same tokens at temperature 0', async () => {
    const { plain, drafted } = await both(list);
    expect(drafted.timings.acceptedTokens).toBeGreaterThan(10);
    expect(drafted.tokens).toEqual(plain.tokens);
    expect(drafted.text).toBe(plain.text);
    expect(drafted.timings.completionTokens).toBe(plain.timings.completionTokens);
  });

  it('gives the same sampled tokens for the same seed', async () => {
    const sampling = { ...plainSampling, temperature: 0.5, repeatPenalty: 1.1, seed: 11 };
    const { plain, drafted } = await both(list, { sampling });
    expect(drafted.tokens).toEqual(plain.tokens);
  });

  it('ends inside a draft: at the last token, at a stop string, at the end of the context', async () => {
    for (const maxTokens of [1, 2, 3, 17, 31]) {
      const { plain, drafted } = await both(list, { maxTokens });
      expect(drafted.tokens).toEqual(plain.tokens);
      expect(drafted.tokens).toHaveLength(maxTokens);
    }
    const stopped = await both(`${list}.`, { stop: [' seven eight'] });
    expect(stopped.drafted.text).toBe(stopped.plain.text);
    expect(stopped.drafted.reason).toBe('stop');
    const full = await both(list, { maxTokens: 1000, shift: false });
    expect(full.drafted.tokens).toEqual(full.plain.tokens);
    expect(full.drafted.reason).toBe('length');
  });

  it('continues past a full context', async () => {
    const { drafted } = await both(list, { maxTokens: 2 * CONTEXT_LENGTH });
    expect(drafted.tokens).toHaveLength(2 * CONTEXT_LENGTH);
  });

  it('leaves a correct cache for the next turn', async () => {
    // A text shorter than a chunk, all of which the same kernels compute.
    const first = await complete(list, { maxTokens: 16 });
    expect(first.timings.acceptedTokens).toBeGreaterThan(0);
    const followUp = `${list}${first.text} and then`;
    const warm = await complete(followUp, { maxTokens: 20 });
    expect(warm.timings.cachedTokens).toBeGreaterThan(20);
    await complete('Something else entirely, to be put into both slots.', { maxTokens: 1 });
    await complete('And something else again, so that nothing remains.', { maxTokens: 1 });
    const cold = await complete(followUp, { maxTokens: 20, topLogprobs: 2 });
    const at = cold.tokens.findIndex((token, index) => token !== warm.tokens[index]);
    // How many tokens one call computes depends on the measured speed, and rounds their part of the cache differently.
    if (at >= 0) expect(leads(cold.events)[at], `token ${at} of ${cold.text}`).toBeLessThan(NEAR_TIE);
  });

  it('reports log probabilities of every token, guessed or not', async () => {
    const { events, tokens } = await complete(list, { topLogprobs: 1 });
    const logprobs = events.flatMap((event) => (event.type === 'text' ? (event.logprobs ?? []) : []));
    expect(logprobs).toHaveLength(tokens.length);
    for (const { logprob } of logprobs) expect(logprob).toBeLessThanOrEqual(0);
  });

  it('guesses less while another stream runs', async () => {
    const other = complete('Once upon a time', { maxTokens: 100 });
    const crowded = complete(list, { maxTokens: 40 });
    const [, { timings }] = await Promise.all([other, crowded]);
    const alone = await complete(list, { maxTokens: 40 });
    expect(timings.draftedTokens).toBeLessThan(alone.timings.draftedTokens);
  });
});
