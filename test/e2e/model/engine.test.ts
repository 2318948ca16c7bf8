import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import type {
  CompletionEvent,
  CompletionRequest,
  SamplingOptions,
} from '../../../src/protocol/completion.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { startRunner } from '../../../src/runner/start.ts';

const program = join(fileURLToPath(new URL('../../../dist/engine/main.js', import.meta.url)));
const greedy: SamplingOptions = {
  temperature: 0,
  topK: 40,
  topP: 0.9,
  minP: 0,
  typicalP: 1,
  repeatPenalty: 1,
  repeatLastN: 64,
  presencePenalty: 0,
  frequencyPenalty: 0,
  seed: -1,
};
const sky = '<|im_start|>user\nWhy is the sky blue?<|im_end|>\n<|im_start|>assistant\n';

let runner: Runner;

beforeAll(async () => {
  runner = await startRunner({
    load: {
      modelPath: inject('smolModelPath'),
      contextLength: 256,
      slots: 3,
      batchSize: 128,
      threads: 0,
      gpuLayers: 0,
      useMmap: true,
      flashAttention: 'auto',
      kvCacheType: 'f16',
    },
    program,
    loadTimeoutMs: 60_000,
    logger: silentLogger,
  });
});

afterAll(() => runner.stop());

const tokenize = (text: string) => runner.tokenize(text, { addSpecial: true, parseSpecial: true });

async function request(text: string, overrides: Partial<CompletionRequest> = {}): Promise<CompletionRequest> {
  const prompt = await tokenize(text);
  return { prompt, sampling: greedy, stop: [], maxTokens: 24, keep: 4, shift: true, ...overrides };
}

interface Result {
  text: string;
  done: Extract<CompletionEvent, { type: 'done' }>;
  events: CompletionEvent[];
}

async function complete(text: string, overrides: Partial<CompletionRequest> = {}): Promise<Result> {
  const events: CompletionEvent[] = [];
  for await (const event of runner.complete(await request(text, overrides))) events.push(event);
  const done = events.at(-1);
  if (done?.type !== 'done') throw new Error('the last event is not "done"');
  const pieces = events.flatMap((event) => (event.type === 'text' ? [event.text] : []));
  return { text: pieces.join(''), done, events };
}

/** Its answers do not depend on what was computed before or beside them. */
const deterministic = true;
const sampled = (seed: number): SamplingOptions => ({ ...greedy, temperature: 0.8, seed });

describe('the engine', () => {
  it('answers a question in English', async () => {
    const { text, done } = await complete(sky, { maxTokens: 40 });
    expect(text).toMatch(/\bsky\b|\blight\b|\bblue\b/i);
    expect(done.timings.completionTokens).toBe(done.tokens.length + (done.reason === 'stop' ? 1 : 0));
  });

  it('gives the same tokens at temperature 0 with a cold cache, with a warm cache and beside other requests', async () => {
    const question = `${sky.repeat(6)}A`;
    const cold = await complete(question, { deterministic });
    const warm = await complete(question, { deterministic });
    expect(cold.done.timings.cachedTokens).toBe(0);
    expect(warm.done.timings.cachedTokens).toBeGreaterThan(0);
    const [crowded] = await Promise.all([
      complete(question, { deterministic }),
      complete('Once upon'),
      complete('In the year'),
    ]);
    expect(warm.done.tokens).toEqual(cold.done.tokens);
    expect(crowded?.done.tokens).toEqual(cold.done.tokens);
  });

  it('repeats a sampled completion for the same seed and not for another', async () => {
    const first = await complete(sky, { sampling: sampled(7), deterministic });
    const again = await complete(sky, { sampling: sampled(7), deterministic });
    const other = await complete(sky, { sampling: sampled(8), deterministic });
    expect(again.text).toBe(first.text);
    expect(other.text).not.toBe(first.text);
  });

  it('serves more requests than slots, and each gets its own answer', async () => {
    // After each number the next is by far the likeliest, however it is computed.
    const prompts = [1, 3, 5, 20, 30, 40, 50].map((first) =>
      Array.from({ length: 7 }, (_, index) => `${first + index},`).join(' '),
    );
    const alone: string[] = [];
    for (const prompt of prompts) alone.push((await complete(prompt, { maxTokens: 8 })).text);
    const together = await Promise.all(prompts.map((prompt) => complete(prompt, { maxTokens: 8 })));
    expect(together.map((result) => result.text)).toEqual(alone);
  });

  it('ends before a stop string that spans tokens, and sends no part of it', async () => {
    const whole = (await complete(sky, { maxTokens: 40, deterministic })).text;
    const stop = whole.slice(17, 29);
    const { text, done } = await complete(sky, { maxTokens: 40, stop: [stop], deterministic });
    expect(text).toBe(whole.slice(0, whole.indexOf(stop)));
    expect(done.reason).toBe('stop');
  });

  it('continues past a full context with a shift, and ends with "length" without one', async () => {
    const story = 'Once upon a time there was a little fox who loved to count: one two three '.repeat(6);
    const shifted = await complete(story, { maxTokens: 300, sampling: { ...sampled(3), temperature: 1.5 } });
    const total = shifted.done.timings.promptTokens + shifted.done.timings.completionTokens;
    if (shifted.done.reason === 'length') expect(total).toBeGreaterThan(256);
    const fixed = await complete(story, { maxTokens: -1, shift: false, sampling: sampled(3) });
    expect(fixed.done.timings.promptTokens + fixed.done.tokens.length).toBeLessThanOrEqual(257);
  });

  it('refuses a prompt that does not fit, naming both counts', async () => {
    const prompt = Array.from({ length: 300 }, () => 500);
    await expect(complete('', { prompt })).rejects.toMatchObject({ code: 'prompt-too-long', status: 400 });
    await expect(complete('', { prompt })).rejects.toThrow(/300 tokens.*256/);
  });

  it('refuses tokens outside the vocabulary and empty prompts instead of crashing', async () => {
    for (const token of [-1, 49152, 1.5, 2 ** 40]) {
      await expect(complete('', { prompt: [1, token] })).rejects.toMatchObject({ code: 'invalid-request' });
    }
    await expect(complete('', { prompt: [] })).rejects.toMatchObject({ code: 'invalid-request' });
    expect((await complete('Hi', { maxTokens: 1 })).done.reason).toBe('length');
  });

  it('honours a grammar, and refuses one that does not parse', async () => {
    const { text } = await complete('The answer is: ', { grammar: 'root ::= ("yes" | "no") " indeed"' });
    expect(text).toMatch(/^(yes|no) indeed$/);
    await expect(complete('x', { grammar: 'root ::= (' })).rejects.toMatchObject({ code: 'invalid-request' });
  });

  it('reports log probabilities with every text, the likeliest first', async () => {
    const { events } = await complete('The capital of France is', { maxTokens: 2, topLogprobs: 3 });
    const first = events[0];
    if (first?.type !== 'text') throw new Error('no text');
    const [logprob] = first.logprobs ?? [];
    expect(logprob?.token).toBe(' Paris');
    expect(logprob?.topLogprobs.map((entry) => entry.token)).toContain(' Paris');
    expect(Buffer.from(logprob?.bytes ?? []).toString()).toBe(' Paris');
    expect(logprob?.logprob).toBe(logprob?.topLogprobs[0]?.logprob);
  });

  it('frees the slot of a cancelled request during the prompt and during the answer', async () => {
    const long = await request('The quick brown fox jumps over the lazy dog. '.repeat(20), { maxTokens: -1 });
    for (const delay of [1, 20, 200]) {
      const controllers = Array.from({ length: 3 }, () => new AbortController());
      const running = controllers.map(async ({ signal }) => {
        for await (const _ of runner.complete(long, signal)) void _;
      });
      setTimeout(() => {
        for (const controller of controllers) controller.abort();
      }, delay);
      for (const result of await Promise.allSettled(running)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'canceled' } });
      }
      expect((await complete('Hi', { maxTokens: 2 })).done.tokens).toHaveLength(2);
    }
  });

  it('round-trips text through the tokenizer', async () => {
    for (const text of ['', 'hello world', 'é 漢字 😀', ' leading', 'tab\tnewline\n', '<|im_end|>']) {
      expect(
        await runner.detokenize(await runner.tokenize(text, { addSpecial: false, parseSpecial: true })),
      ).toBe(text);
    }
    expect(await runner.tokenize('<|im_end|>', { addSpecial: false, parseSpecial: true })).toHaveLength(1);
    expect(
      (await runner.tokenize('<|im_end|>', { addSpecial: false, parseSpecial: false })).length,
    ).toBeGreaterThan(1);
  });

  it('turns long lists of tokens into the same text, with the texts of control tokens or without', async () => {
    const text = '<|im_start|>user é\n<|im_end|>'.repeat(1000);
    const tokens = await runner.tokenize(text, { addSpecial: false, parseSpecial: true });
    expect(tokens.length).toBeGreaterThan(4096);
    expect(await runner.detokenize(tokens)).toBe(text);
    expect(await runner.detokenize(tokens, true)).toBe('user é\n'.repeat(1000));
    expect(await runner.detokenize(tokens.slice(0, 7), true)).not.toContain('<|');
    await expect(runner.detokenize([...tokens, 2 ** 40])).rejects.toMatchObject({ code: 'invalid-request' });
  });

  it('avoids banned strings in any letter case, and sends no part of them', async () => {
    const usual = await complete(sky, { maxTokens: 40, deterministic });
    const words = usual.text.split(/\W+/).filter((word) => word.length > 3);
    const banned = [words[2] ?? '', words[4] ?? ''].map((word) => word.toUpperCase());
    const { text, done, events } = await complete(sky, {
      maxTokens: 40,
      bannedStrings: banned,
      deterministic,
    });
    expect(usual.text.toUpperCase()).toContain(banned[0]);
    for (const word of banned) expect(text.toUpperCase()).not.toContain(word);
    expect(done.tokens).toHaveLength(40);
    expect(done.timings.completionTokens).toBe(40);
    expect(events.length).toBeGreaterThan(5);
    const again = await complete(sky, { maxTokens: 40, bannedStrings: banned, deterministic });
    expect(again.text).toBe(text);
  });

  it('gives up if banned strings leave no possible token, and serves the next request', async () => {
    const refused = complete(sky, { grammar: 'root ::= "yes"', bannedStrings: ['YES'] });
    await expect(refused).rejects.toThrow('banned_strings');
    expect((await complete(sky, { maxTokens: 3 })).done.tokens).toHaveLength(3);
  });

  it('makes a penalized token rarer', async () => {
    const text = 'one two three one two three one two three one two three one two three one';
    const count = (result: Result) => result.text.split('two').length;
    const plain = await complete(text, { maxTokens: 16 });
    const penalised = await complete(text, {
      maxTokens: 16,
      sampling: { ...greedy, repeatPenalty: 1.8, presencePenalty: 2 },
    });
    expect(count(penalised)).toBeLessThan(count(plain));
  });
});
