/** The matcher against llama.cpp's sampler: the same logits, options and seed must give the same tokens. */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  createSamplerFixture,
  greedy,
  plain,
  type SamplerFixture,
} from '../../../test/fakes/models/sampler-fixture.ts';
import { randomGrammar } from '../../../test/fakes/random/random-grammar.ts';
import { randomSchema } from '../../../test/fakes/random/random-schema.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../../test/scale.ts';
import { checkGrammar } from '../../grammar/gbnf/check/check-grammar.ts';
import { jsonGrammar } from '../../grammar/json-grammar.ts';
import { schemaGrammar } from '../../grammar/schema/schema-grammar.ts';
import type { SamplingOptions } from '../../protocol/completion.ts';
import { Matchers } from '../matcher/matchers.ts';
import { TokenTexts } from '../matcher/token-texts.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { Sampler } from './sampler.ts';
import type { SamplerParts } from './sampler-parts.ts';

const TEXTS = rounds({ change: 60, long: 300, nightly: 10_000 });
const TIMEOUT_MS = rounds({ change: 60_000, long: 600_000, nightly: 3_600_000 });
const DRAWS = rounds({ change: 5000, long: 100_000, nightly: 1_000_000 });
const MOST_TOKENS = 30;
const LOGITS = 12;
/** The random model's token "a". */
const A = 260;

let fixture: SamplerFixture;
let native: SamplerParts;
beforeAll(async () => {
  fixture = await createSamplerFixture();
  const { matchers: _matchers, ...others } = fixture.parts;
  native = others;
});

const ways: readonly Partial<SamplingOptions>[] = [
  greedy,
  { ...greedy, repeatPenalty: 1.3, repeatLastN: 8 },
  {
    ...greedy,
    logitBias: [
      ['a', 5],
      ['b', false],
    ],
  },
  plain,
  { ...plain, topK: 40, topP: 0.9 },
  { ...plain, topK: 40, topP: 0.95, minP: 0.05, repeatPenalty: 1.2, repeatLastN: 16 },
  { ...plain, topK: 10, presencePenalty: -1, repeatLastN: 16 },
  { ...plain, topK: 300 },
  { ...plain, topK: 20, typicalP: 0.7, dynamicTemperature: { range: 0.5, exponent: 1 } },
  { ...plain, topNSigma: 1, xtc: { probability: 0.5, threshold: 0.1 } },
  { ...plain, topK: 5, xtc: { probability: 0.5, threshold: 0.1 } },
  { ...plain, mirostat: { version: 1, tau: 5, eta: 0.1 } },
  { ...plain, mirostat: { version: 2, tau: 5, eta: 0.1 } },
  { ...plain, topK: 40, minTokens: 5 },
  { ...plain, topK: 40, ignoreEos: true },
  { ...plain, topK: 40, dry: { multiplier: 1, base: 1.75, allowedLength: 1, lastN: 20, breakers: ['"'] } },
];

function grammarOf(random: () => number): string {
  const kind = random();
  if (kind < 0.4) return schemaGrammar(randomSchema(random).schema);
  if (kind < 0.5) return jsonGrammar;
  for (;;) {
    const grammar = randomGrammar(random);
    try {
      checkGrammar(grammar);
      return grammar;
    } catch {
      // Another one, then.
    }
  }
}

/** Sets the logits of all tokens: a few stand out, and no two are equal. */
function setRandomLogits(random: () => number): void {
  const { size } = fixture.parts.tokenizer;
  fixture.setLogits(
    Object.fromEntries(
      Array.from({ length: size }, (_, token) => [token, LOGITS * random() ** 3 + token / 1e4]),
    ),
  );
}

type Outcome = number | string;

async function outcome(sampler: Sampler): Promise<Outcome> {
  try {
    return await sampler.sample(0);
  } catch (error) {
    return String(error);
  }
}

/** Samples with both; bans, steps back and accepts tokens now and then. */
async function compare(grammar: string, options: SamplingOptions, random: () => number): Promise<number> {
  const matched = new Sampler(fixture.parts, options, grammar);
  const reference = new Sampler(native, options, grammar);
  const samplers = [matched, reference];
  const generated: number[] = [];
  try {
    for (let count = 0; count < MOST_TOKENS; count++) {
      setRandomLogits(random);
      const own = await outcome(matched);
      const other = await outcome(reference);
      const context = `${JSON.stringify(options)} ${grammar.slice(0, 1000)} after ${JSON.stringify(generated)}`;
      expect(own, context).toBe(other);
      if (typeof own !== 'number' || fixture.parts.tokenizer.isEndOfGeneration(own)) break;
      generated.push(own);
      if (random() > 0.1) continue;
      const dropped = generated.splice(Math.floor(random() * generated.length));
      for (const sampler of samplers) {
        sampler.rewind(generated);
        sampler.forbid(dropped.slice(0, 1));
      }
    }
  } finally {
    for (const sampler of samplers) sampler.free();
  }
  return generated.length;
}

async function compareTexts(count: number): Promise<number> {
  let tokens = 0;
  for (let text = 0; text < count; text++) {
    const seed = seedFrom(text + 1);
    const random = seededRandom(seed);
    const options = { ...greedy, ...ways[text % ways.length], seed };
    tokens += await compare(grammarOf(random), options, random);
  }
  return tokens;
}

/** Samples at temperature 0 from logits of which many are equal. */
async function compareTies(seed: number, both: readonly SamplerParts[]): Promise<void> {
  const random = seededRandom(seed);
  const options = { ...greedy, repeatPenalty: 1 + (seed % 2), repeatLastN: 8, presencePenalty: seed % 3 };
  const grammar = grammarOf(random);
  const samplers = both.map((parts) => new Sampler(parts, options, grammar));
  const { tokenizer } = fixture.parts;
  let outcomes: Outcome[] = [];
  for (let count = 0; count < 10 && !outcomes.some((token) => isLast(token, tokenizer)); count++) {
    const values = Array.from({ length: tokenizer.size }, (_, token) => [
      token,
      Math.round(random() * 6) - 3,
    ]);
    fixture.setLogits(Object.fromEntries(values));
    outcomes = [];
    for (const sampler of samplers) outcomes.push(await outcome(sampler));
    expect(outcomes[0], `seed ${seed}: ${grammar}`).toBe(outcomes[1]);
  }
  for (const sampler of samplers) sampler.free();
}

const isLast = (token: Outcome, tokenizer: Tokenizer) =>
  typeof token !== 'number' || tokenizer.isEndOfGeneration(token);

/** `root` begins with one character; behind it are more ways to read a text than the matcher follows. */
const ambiguous = `root ::= "x" many "."
many ::= ${Array.from({ length: 1200 }, (_, index) => `[a-f]{${1 + (index % 30)}} "${index}"`).join(' | ')}
`;

afterEach(() => vi.restoreAllMocks());

describe('the matcher', () => {
  it('chooses the tokens that llama.cpp chooses, with the same random numbers', {
    timeout: TIMEOUT_MS,
  }, async () => {
    expect(await compareTexts(TEXTS)).toBeGreaterThan(TEXTS);
  });

  it('gives up where a text can be read in too many ways; llama.cpp goes on', async () => {
    const random = seededRandom(1);
    const { matchers } = fixture.parts;
    expect((matchers?.find(ambiguous) ?? matchers?.add(ambiguous))?.automaton).toBeDefined();
    for (const options of [greedy, { ...plain, topK: 40 }]) {
      expect(await compare(ambiguous, options, random)).toBeGreaterThan(2);
    }
  });

  it('counts a repetition beyond the limit of llama.cpp', async () => {
    fixture.setLogits({ [A]: 9 }, 0);
    const sampler = new Sampler(fixture.parts, greedy, 'root ::= "a"{0,2500} "b"');
    const tokens: number[] = [];
    while (tokens.length < 2501) tokens.push(await sampler.sample(0));
    sampler.free();
    const text = fixture.parts.tokenizer.detokenize(tokens);
    expect(text).toBe(`${'a'.repeat(2500)}b`);
  });

  describe('while the vocabulary is not read', () => {
    it('chooses the same tokens', { timeout: TIMEOUT_MS }, async () => {
      const read = vi.spyOn(TokenTexts.prototype, 'read').mockImplementation(() => Promise.resolve());
      const known = fixture.parts;
      fixture = { ...fixture, parts: { ...known, matchers: new Matchers(known.tokenizer) } };
      expect(await compareTexts(TEXTS / 3)).toBeGreaterThan(TEXTS / 3);
      expect(read).toHaveBeenCalled();
      fixture = { ...fixture, parts: known };
    });
  });

  it('takes the first of equal tokens at temperature 0, whether the vocabulary is read or not', async () => {
    const { parts } = fixture;
    vi.spyOn(TokenTexts.prototype, 'read').mockImplementation(() => Promise.resolve());
    const unread = { ...parts, matchers: new Matchers(parts.tokenizer) };
    for (let seed = 1; seed <= 40; seed++) await compareTies(seed, [parts, unread]);
  });

  it('draws from the same distribution as llama.cpp', { timeout: TIMEOUT_MS }, async () => {
    const grammar = 'root ::= [a-m] | "th" | [0-4] "x"';
    const options = { ...plain, topK: 40, topP: 0.9 };
    const random = seededRandom(5);
    setRandomLogits(random);
    const counts = [fixture.parts, native].map(() => new Map<number, number>());
    for (const [index, parts] of [fixture.parts, native].entries()) {
      const sampler = new Sampler(parts, { ...options, seed: 1000 + index }, grammar);
      for (let draw = 0; draw < DRAWS; draw++) {
        const token = await sampler.sample(0);
        counts[index]?.set(token, 1 + (counts[index].get(token) ?? 0));
        sampler.rewind([]);
      }
      sampler.free();
    }
    const tokens = [...new Set(counts.flatMap((count) => [...count.keys()]))];
    expect(tokens.length).toBeGreaterThan(5);
    const square = tokens.reduce((sum, token) => {
      const [own = 0, other = 0] = counts.map((count) => count.get(token) ?? 0);
      return sum + (own - other) ** 2 / (own + other);
    }, 0);
    // The statistic has a mean of n - 1 and a variance of 2 (n - 1).
    const freedom = tokens.length - 1;
    expect(square).toBeLessThan(freedom + 6 * Math.sqrt(2 * freedom));
  });
});
