/** The matcher against llama.cpp's own sampler: at random positions, every token of a vocabulary must be judged alike. */
import { beforeAll, describe, expect, it } from 'vitest';
import { writeBytePairModel } from '../../../test/fakes/models/byte-pair-model.ts';
import { createSamplerFixture, type SamplerFixture } from '../../../test/fakes/models/sampler-fixture.ts';
import { randomGrammar } from '../../../test/fakes/random/random-grammar.ts';
import { randomSchema } from '../../../test/fakes/random/random-schema.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../../test/scale.ts';
import { checkGrammar } from '../../grammar/gbnf/check/check-grammar.ts';
import { jsonGrammar } from '../../grammar/json-grammar.ts';
import { schemaGrammar } from '../../grammar/schema/schema-grammar.ts';
import { compileGrammar } from '../sampling/grammar.ts';
import type { Matcher } from './matcher.ts';
import { MatcherLimit } from './matcher-limit.ts';
import { Matchers } from './matchers.ts';

/** Positions to compare, in each of which every token is judged; a vocabulary has about a thousand. */
const POSITIONS = rounds({ change: 300, long: 2000, nightly: 30_000 });
const TIMEOUT_MS = rounds({ change: 60_000, long: 600_000, nightly: 3_600_000 });
const MOST_TOKENS = 40;
const SAMPLED_TOKENS = 20;
/**
 * llama.cpp reads each token in every way, which takes exponentially long in a few ambiguous grammars: a text is followed no
 * further when its judgements took this long at one position.
 */
const SLOW_ORACLE_MS = 1000;
/** Part of the random grammars that may be too ambiguous for the matcher. */
const MOST_GIVEN_UP = 0.05;

const pieces = [
  '"',
  '{',
  '}',
  ':',
  ',',
  ' ',
  '\n',
  'a',
  'b',
  'id',
  'name',
  'true',
  'null',
  '1',
  '0',
  '-',
  '.',
  'é',
  'ß',
];
const morePieces = ['漢', '字', '😀', '😁', 'größe', 'red', '\\', '":"', '", "', '  ', 'abc', '20', 'x'];

/** Byte strings: whole texts, and cut ones that begin or end inside a character. */
function randomTokens(random: () => number, count: number): Uint8Array[] {
  const all = [...pieces, ...morePieces];
  return Array.from({ length: count }, () => {
    const length = 1 + Math.floor(random() * 4);
    const text = Array.from({ length }, () => all[Math.floor(random() * all.length)]).join('');
    const bytes = Buffer.from(text);
    const from = Math.floor(random() * Math.min(3, bytes.length));
    return random() < 0.6 ? bytes : bytes.subarray(from, bytes.length - Math.floor(random() * 2));
  }).filter((bytes) => bytes.length > 0);
}

let fixture: SamplerFixture;
let matchers: Matchers;
beforeAll(async () => {
  const tokens = randomTokens(seededRandom(7), 900);
  fixture = await createSamplerFixture(64, (path) => writeBytePairModel(path, 'gpt-2', tokens));
  matchers = new Matchers(fixture.parts.tokenizer);
});

const turn = () => Promise.resolve();

/** The tokens that llama.cpp's sampler allows now. */
function oracle(grammar: bigint): number[] {
  const { bindings, candidates, logits } = fixture.parts;
  candidates.fill(logits.at(0));
  bindings.samplerApply(grammar, candidates.pointer);
  return candidates.possible();
}

function create(text: string): Matcher {
  const { automaton } = matchers.find(text) ?? matchers.add(text);
  if (automaton === undefined) throw new Error(`the matcher does not take ${text}`);
  return matchers.matcher(automaton);
}

/**
 * Follows random tokens, and compares every judgement on the way. @returns number of positions
 * @throws MatcherLimit when the matcher gives the grammar up
 */
async function compareAlong(text: string, random: () => number): Promise<number> {
  const { bindings, tokenizer } = fixture.parts;
  const grammar = compileGrammar(bindings, tokenizer, text);
  const matcher = create(text);
  const taken: number[] = [];
  try {
    for (;;) {
      const asked = performance.now();
      const expected = oracle(grammar);
      const isSlow = performance.now() - asked > SLOW_ORACLE_MS;
      const context = `${text} after ${JSON.stringify(taken)}`;
      expect([...(await matcher.all(turn))], context).toEqual(expected);
      const few = matcher.few();
      if (few !== undefined) expect([...few], context).toEqual(expected);
      const isExpected = new Set(expected);
      for (let count = 0; count < SAMPLED_TOKENS; count++) {
        const token = Math.floor(random() * tokenizer.size);
        expect(matcher.allows(token), `${token} in ${context}`).toBe(isExpected.has(token));
      }
      const token = expected[Math.floor(random() * expected.length)];
      if (token === undefined || tokenizer.isEndOfGeneration(token)) break;
      if (isSlow || taken.length >= MOST_TOKENS) break;
      bindings.samplerAccept(grammar, token);
      matcher.accept(token);
      taken.push(token);
    }
  } finally {
    bindings.samplerFree(grammar);
  }
  return taken.length + 1;
}

function isUsable(grammar: string): boolean {
  try {
    checkGrammar(grammar);
    return true;
  } catch {
    return false;
  }
}

describe('the matcher judges every token like llama.cpp', () => {
  beforeAll(() => fixture.setLogits({}, 1));

  it('in random grammars', { timeout: TIMEOUT_MS }, async () => {
    let grammars = 0;
    let givenUp = 0;
    for (let seed = seedFrom(1), positions = 0; positions < POSITIONS; seed++) {
      const random = seededRandom(seed);
      const grammar = randomGrammar(random);
      if (!isUsable(grammar)) continue;
      grammars += 1;
      try {
        positions += await compareAlong(grammar, random);
      } catch (error) {
        // A text can be more ambiguous than the check of the grammar saw; llama.cpp's sampler takes over then.
        if (!(error instanceof MatcherLimit)) throw error;
        givenUp += 1;
      }
    }
    expect(givenUp).toBeLessThanOrEqual(MOST_GIVEN_UP * grammars);
  });

  it('in the grammars of random schemas', { timeout: TIMEOUT_MS }, async () => {
    for (let seed = seedFrom(1), positions = 0; positions < POSITIONS; seed++) {
      const random = seededRandom(seed);
      positions += await compareAlong(schemaGrammar(randomSchema(random).schema), random);
    }
  });

  it('in the grammar of JSON', { timeout: TIMEOUT_MS }, async () => {
    const random = seededRandom(seedFrom(3));
    for (let positions = 0; positions < POSITIONS; ) positions += await compareAlong(jsonGrammar, random);
  });
});
