import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeBytePairModel } from '../../../test/fakes/models/byte-pair-model.ts';
import { writeRandomModel } from '../../../test/fakes/models/random-model.ts';
import { silence } from '../../../test/fakes/models/sampler-fixture.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { removeFolder } from '../../../test/fakes/remove-folder.ts';
import { type Bindings, bindFunctions } from '../native/bindings.ts';
import { loadLibraries } from '../native/libraries.ts';
import { Tokenizer } from './tokenizer.ts';

const TEXTS = 8;
/** Rare, because some vocabularies take a millisecond for each part of a text between marks. */
const marks = ['<|mark|>', '<s>'];
const vocabularies = ['SentencePiece', 'gpt-2', 'gpt-4o'] as const;

let folder: string;
const tokenizers = new Map<string, Tokenizer>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenize-apart-'));
  const libraries = loadLibraries();
  silence(libraries);
  const bindings = bindFunctions(libraries);
  for (const name of vocabularies) {
    const path = join(folder, `${name}.gguf`);
    if (name === 'SentencePiece') await writeRandomModel(path);
    else await writeBytePairModel(path, name);
    tokenizers.set(name, new Tokenizer(bindings, load(bindings, path)));
  }
});
afterAll(() => removeFolder(folder));

function load(bindings: Bindings, path: string): bigint {
  const model = bindings.loadModel(path, bindings.modelDefaultParams());
  if (model === null) throw new Error('the model does not load');
  return model;
}

function tokenizerOf(name: string): Tokenizer {
  const tokenizer = tokenizers.get(name);
  if (!tokenizer) throw new Error(`no vocabulary ${name}`);
  return tokenizer;
}

const pieces = [
  'the ',
  ' and',
  'hello',
  '\n\n',
  '12345',
  "it's ",
  'é',
  '漢字',
  '😀',
  '    ',
  '!?',
  '\0',
  '\ud800',
  '\uffff',
];

function randomTexts(seed: number): string[] {
  const random = seededRandom(seed);
  return Array.from({ length: TEXTS }, () =>
    Array.from({ length: 200 + random() * 800 }, () => {
      const list = random() < 0.01 ? marks : pieces;
      return list[Math.floor(random() * list.length)];
    }).join(''),
  );
}

describe.each(vocabularies)('a tokenizer with a vocabulary of the kind %s', (name) => {
  it('returns the same tokens on other threads, while it also works on this one', async () => {
    const tokenizer = tokenizerOf(name);
    const texts = randomTexts(3);
    const wanted = texts.map((text) => tokenizer.tokenize(text, true, true));
    const apart = texts.map((text) => tokenizer.tokenizeApart(text, true, true));
    for (const [index, text] of texts.entries()) {
      expect(tokenizer.tokenize(text, true, true)).toEqual(wanted[index]);
    }
    expect(await Promise.all(apart)).toEqual(wanted);
    expect(wanted.every((tokens) => tokens.length > 0)).toBe(true);
  });

  it('takes any characters', () => {
    const tokenizer = tokenizerOf(name);
    const random = seededRandom(4);
    for (let round = 0; round < 200; round++) {
      const codePoints = Array.from({ length: 40 }, () =>
        Math.floor(random() * (random() < 0.5 ? 0x200 : 0x110000)),
      );
      const tokens = tokenizer.tokenize(String.fromCodePoint(...codePoints), random() < 0.5, random() < 0.5);
      expect(() => tokenizer.requireKnown(tokens)).not.toThrow();
    }
  });
});

it('refuses runs that llama.cpp would split by recursion, and only for vocabularies where it does', async () => {
  const run = 'x'.repeat(5001);
  const isRefused =
    'the text has 5001 letters, spaces or signs in a row, but the tokenizer of this model takes at most 5000';
  expect(() => tokenizerOf('gpt-4o').tokenize(`a ${run} b`, true, true)).toThrow(isRefused);
  await expect(tokenizerOf('gpt-4o').tokenizeApart(` ${run}`, true, true)).rejects.toThrow(isRefused);
  const broken = `${'x'.repeat(4000)} ${'!'.repeat(4000)}${'y'.repeat(4000)}`;
  expect((await tokenizerOf('gpt-4o').tokenizeApart(broken, true, true)).length).toBeGreaterThan(0);
  expect(tokenizerOf('gpt-2').tokenize(run, true, true)).toHaveLength(5001);
  expect(tokenizerOf('SentencePiece').tokenize(run, false, true).length).toBeGreaterThan(0);
});
