/** Drawing from the few tokens that matter gives what drawing from the whole vocabulary gives. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createSamplerFixture,
  greedy,
  plain,
  type SamplerFixture,
} from '../../../test/fakes/models/sampler-fixture.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import type { SamplingOptions } from '../../protocol/completion.ts';
import { resolveBiases } from './logit-biases.ts';
import { Sampler } from './sampler.ts';
import { samplerChain } from './sampler-chain.ts';

const STEPS = 150;
const prompt = [300, 301, 302, 300, 301];

let fixture: SamplerFixture;
beforeAll(async () => {
  fixture = await createSamplerFixture();
});

/** Different logits for each step, most of them far below the few that count. */
function logitsOfSteps(seed: number): Record<number, number>[] {
  const random = seededRandom(seed);
  const { size } = fixture.parts.tokenizer;
  return Array.from({ length: STEPS }, () =>
    Object.fromEntries(Array.from({ length: size }, (_, token) => [token, 12 * random() ** 3 - 4])),
  );
}

/** What llama.cpp's chain draws from the whole vocabulary. */
function drawnFromAll(options: SamplingOptions, steps: readonly Record<number, number>[]): number[] {
  const { bindings, candidates, logits, suppressed, tokenizer } = fixture.parts;
  const forbidden = suppressed.map((token) => [token, false] as const);
  const biases = resolveBiases(tokenizer, [...forbidden, ...(options.logitBias ?? [])]);
  const { chain, history } = samplerChain(fixture.parts, options, biases);
  for (const token of prompt) if (history !== undefined) bindings.samplerAccept(history, token);
  const tokens = steps.map((values, index) => {
    fixture.setLogits(values);
    const all = logits.at(0).slice();
    if (index < (options.minTokens ?? 0)) {
      for (const token of tokenizer.endTokens) all[token] = Number.NEGATIVE_INFINITY;
    }
    candidates.fill(all);
    bindings.samplerApply(chain, candidates.pointer);
    const token = candidates.selected() ?? -1;
    bindings.samplerAccept(chain, token);
    return token;
  });
  bindings.samplerFree(chain);
  return tokens;
}

async function drawn(options: SamplingOptions, steps: readonly Record<number, number>[]): Promise<number[]> {
  const sampler = new Sampler(fixture.parts, options);
  sampler.acceptPrompt(prompt);
  const tokens: number[] = [];
  for (const values of steps) {
    fixture.setLogits(values);
    // The output is given as kept logits every other time.
    const output = tokens.length % 2 === 0 ? 0 : fixture.parts.logits.at(0).slice();
    tokens.push(await sampler.sample(output));
  }
  sampler.free();
  return tokens;
}

const usual: SamplingOptions = { ...plain, temperature: 0.8, topK: 40, topP: 0.9, seed: 7 };
const dry = { multiplier: 1, base: 1.75, allowedLength: 2, lastN: -1, breakers: ['\n', ':'] };
const everyWay: readonly (readonly [string, SamplingOptions])[] = [
  ['the usual options', usual],
  ['the likeliest', greedy],
  ['the likeliest after penalties', { ...greedy, repeatPenalty: 1.3, repeatLastN: 16, presencePenalty: 0.2 }],
  ['penalties', { ...usual, repeatPenalty: 1.3, repeatLastN: 32, frequencyPenalty: 0.3 }],
  ['penalties over the context', { ...usual, presencePenalty: 0.5, repeatLastN: -1 }],
  ['DRY', { ...usual, dry }],
  ['the likeliest after DRY', { ...greedy, dry }],
  ['one candidate', { ...usual, topK: 1 }],
  ['all cuts', { ...usual, minP: 0.05, typicalP: 0.7 }],
  ['XTC', { ...usual, xtc: { probability: 0.5, threshold: 0.05 } }],
  ['a dynamic temperature', { ...usual, dynamicTemperature: { range: 0.5, exponent: 1 } }],
  ['top_n_sigma', { ...usual, topNSigma: 1 }],
  ['mirostat', { ...usual, mirostat: { version: 1, tau: 5, eta: 0.1 } }],
  ['mirostat 2', { ...usual, mirostat: { version: 2, tau: 5, eta: 0.1 } }],
  ['no cuts', { ...plain, seed: 7 }],
  ['more candidates than are listed', { ...usual, topK: 300 }],
  ['biases', { ...usual, logitBias: [[300, 4] as const, [301, false] as const, [302, -3] as const] }],
  ['the likeliest after biases', { ...greedy, logitBias: [[300, 4] as const] }],
  ['a minimum of tokens', { ...usual, minTokens: STEPS / 2, repeatPenalty: 1.1, repeatLastN: 64 }],
];

describe('a draw from the few tokens that matter', () => {
  it.each(everyWay)('gives the tokens of a draw from all: %s', async (_, options) => {
    const steps = logitsOfSteps(11);
    const expected = drawnFromAll(options, steps);
    expect(await drawn(options, steps)).toEqual(expected);
    // Otherwise nothing would be proved.
    expect(new Set(expected).size).toBeGreaterThan(10);
  });
});
