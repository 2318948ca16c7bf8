/** A real model writes the same text whether our matcher follows the grammar or llama.cpp's sampler does. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { jsonGrammar } from '../../../src/grammar/json-grammar.ts';
import { schemaGrammar } from '../../../src/grammar/schema/schema-grammar.ts';
import type { SamplingOptions } from '../../../src/protocol/completion.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { randomSchema } from '../../fakes/random/random-schema.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../scale.ts';
import { askRunner, startEngine } from '../support/engine-runner.ts';

const SCHEMAS = rounds({ change: 2, long: 8, nightly: 200 });
const TIMEOUT_MS = rounds({ change: 240_000, long: 900_000, nightly: 3_600_000 });
const MOST_TOKENS = 60;

const enums = {
  type: 'object',
  properties: {
    sentiment: { enum: ['positive', 'negative', 'neutral'] },
    urgent: { type: 'boolean' },
    language: { enum: ['en', 'de', 'fr'] },
    reason: { type: 'string', maxLength: 40 },
  },
  required: ['sentiment', 'urgent', 'language', 'reason'],
};
const samplings: readonly SamplingOptions[] = [0, 0.8].map((temperature) => ({
  temperature,
  topK: 40,
  topP: 0.9,
  minP: 0,
  typicalP: 1,
  repeatPenalty: 1.1,
  repeatLastN: 64,
  presencePenalty: 0,
  frequencyPenalty: 0,
  seed: 7,
}));

let matched: Runner;
let native: Runner;
beforeAll(async () => {
  const load = { modelPath: inject('smolModelPath'), contextLength: 256 };
  matched = await startEngine(load);
  native = await startEngine({ ...load, grammarMatcher: 'off' });
});
afterAll(() => Promise.all([matched.stop(), native.stop()]));

async function tokensOf(runner: Runner, grammar: string, sampling: SamplingOptions) {
  const text = '<|im_start|>user\nWrite JSON about a late parcel.<|im_end|>\n<|im_start|>assistant\n';
  const prompt = await runner.tokenize(text, { addSpecial: true, parseSpecial: true });
  const request = { grammar, sampling, deterministic: true, maxTokens: MOST_TOKENS };
  return (await askRunner(runner, prompt, request)).tokens;
}

describe('the matcher of grammars', () => {
  const schemas = Array.from({ length: SCHEMAS }, (_, index) => {
    return randomSchema(seededRandom(seedFrom(100 + index))).schema;
  });

  it.each<readonly [name: string, grammar: string]>([
    ['JSON', jsonGrammar],
    ['a schema of few values', schemaGrammar(enums)],
    ['characters of several bytes', 'root ::= ("é" | "漢字" | [😀-😏])+ "."'],
    ...schemas.map((schema) => [JSON.stringify(schema).slice(0, 60), schemaGrammar(schema)] as const),
  ])(
    'leads to the same text as the sampler of llama.cpp: %s',
    { timeout: TIMEOUT_MS },
    async (_, grammar) => {
      for (const sampling of samplings) {
        const expected = await tokensOf(native, grammar, sampling);
        expect(expected.length).toBeGreaterThan(0);
        expect(await tokensOf(matched, grammar, sampling)).toEqual(expected);
      }
    },
  );
});
